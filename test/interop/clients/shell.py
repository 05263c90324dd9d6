"""Connects with xosapi, then runs the Python that comes as one JSON text a line and answers each in one line."""

from __future__ import absolute_import, print_function

import json
import os
import sys
import traceback

from xosconfig import Config

Config.init(os.path.join(os.path.dirname(os.path.abspath(__file__)), "logging.yaml"), "xos-config-schema.yaml")

import grpc  # noqa: E402
from google.protobuf.empty_pb2 import Empty  # noqa: E402
from xosapi import xos_grpc_client  # noqa: E402

# Only answers may come out where answers are read.
answers = os.fdopen(os.dup(1), "w", 1)
os.dup2(2, 1)


def answer(value):
    print(json.dumps(value), file=answers)


def refusal(error):
    return {"status": error.code().name, "details": error.details()}


def run(text, names):
    try:
        exec(text, names)
        return {"answer": names.pop("answer", None)}
    except grpc.RpcError as error:
        return {"refused": refusal(error)}
    except Exception:
        return {"failed": traceback.format_exc()}


def serve():
    client = xos_grpc_client.coreclient
    names = {"client": client, "xos": client.xos_orm, "Empty": Empty, "grpc": grpc}
    answer({"answer": "connected"})
    for line in iter(sys.stdin.readline, ""):
        answer(run(json.loads(line), names))


xos_grpc_client.start_api(None, **json.loads(sys.argv[1]))
serve()
