module example.com/hello-world-service

go 1.21
