from xossynchronizer.modelaccessor import GreetingService
from xossynchronizer.steps.syncstep import SyncStep


class SyncGreetingService(SyncStep):
    observes = GreetingService

    def sync_record(self, o):
        self.log.info("Greeting is known", greeting=o.greeting)

    def delete_record(self, o):
        self.log.info("Greeting is forgotten", greeting=o.greeting)
