"""The tutorial's step for HelloWorldServiceInstance in Python, with nothing but its standard library.

    PORT=8080 SYNCSTEP_FUNCTION_TOKEN=secret python3 hello_world_service_instance.py

Copy it: what is above "The function contract" is the step, the rest is the same for every step.
"""

import hmac
import json
import os
import signal
import sys
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

OBSERVES = 'HelloWorldServiceInstance'
INCLUDE = ['owner']


class Deferred(Exception):
    """Not yet: the record is tried again after so many seconds."""

    def __init__(self, text, retry_after=5):
        super().__init__(text)
        self.retry_after = retry_after


class Terminal(Exception):
    """Never: the record is tried again only when it changes."""


def sync_record(record, expanded):
    """Brings the record about. Returns feedback fields, or nothing."""
    log('HelloWorldServiceInstance has been updated!', hello_to=record['hello_to'])

    if record['hello_to'] == 'Tyrion Lannister':
        raise Deferred('Maybe later')
    if record['hello_to'] == 'Joffrey Baratheon':
        raise RuntimeError('Maybe not')

    hello_from = expanded['owner']['record']['hello_from']
    log(f'{hello_from} is saying hello to {record["hello_to"]}')


def delete_record(record, expanded):
    """Takes the record away; content when there is nothing to take away."""
    log('HelloWorldServiceInstance has been deleted!', pk=record['id'])


def log(message, **fields):
    """Writes a line of JSON, as Knative collects them."""
    print(json.dumps({'msg': message, **fields}), flush=True)


# The function contract

MAX_BYTES = 1024 * 1024
PROBES = ('/health/liveness', '/health/readiness')
OPERATIONS = {
    'org.opencord.xos.sync_record.v1': ('sync', sync_record),
    'org.opencord.xos.delete_record.v1': ('delete', delete_record),
}


class Refused(Exception):
    """An event that no step sees."""

    def __init__(self, status, detail):
        super().__init__(detail)
        self.status = status


def check_attributes(attributes):
    """Every CloudEvent has these."""
    missing = [name for name in ('specversion', 'id', 'source', 'type') if not attributes.get(name)]
    if missing:
        raise Refused(400, f'Expected a CloudEvent, got none of its attributes {", ".join(missing)}')
    if attributes['specversion'] != '1.0':
        raise Refused(400, f'Expected specversion 1.0, got {attributes["specversion"]}')


def structured_event(body):
    """Attributes and data of an event that is all in the body."""
    attributes = json.loads(body.decode())
    if not isinstance(attributes, dict):
        raise Refused(400, 'Expected the body to be a JSON object')
    check_attributes(attributes)
    return attributes, attributes.get('data')


def binary_event(headers, media_type, body):
    """Attributes and data of an event whose attributes are headers."""
    attributes = {
        name[3:].lower(): unquote(value, errors='strict')
        for name, value in headers.items()
        if name.lower().startswith('ce-')
    }
    check_attributes(attributes)
    if media_type != 'application/json':
        raise Refused(415, f'Expected data of type application/json, got {media_type or "none"}')
    return attributes, json.loads(body.decode())


def read_event(headers, body):
    """Attributes and data of a CloudEvent 1.0, in whichever mode it came."""
    media_type = headers.get('content-type', '').split(';')[0].strip().lower()
    try:
        if media_type == 'application/cloudevents+json':
            return structured_event(body)
        return binary_event(headers, media_type, body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f'Expected an event in JSON and UTF-8: {error}') from error


def is_change(data, operation):
    """Whether the data has what a step needs."""
    if not isinstance(data, dict) or data.get('operation') != operation:
        return False
    record, expanded = data.get('record'), data.get('expanded')
    return isinstance(record, dict) and isinstance(expanded, dict) and type(record.get('id')) is int


def has_expired(attributes):
    """Whether nobody waits for the answer any more."""
    expiry = attributes.get('expirytime')
    if expiry is None:
        return False
    try:
        deadline = datetime.fromisoformat(str(expiry).replace('Z', '+00:00'))
        return deadline <= datetime.now(timezone.utc)
    except (TypeError, ValueError) as error:
        raise Refused(400, f'Expected expirytime to be a timestamp, got {expiry}') from error


def carry_out(attributes, data):
    """Runs the step of a change. Returns feedback fields, or nothing."""
    operation, step = OPERATIONS.get(attributes['type'], (None, None))
    if step is None:
        raise Refused(400, f'Expected type {" or ".join(OPERATIONS)}, got {attributes["type"]}')
    if not is_change(data, operation):
        raise Refused(400, f'Expected data with operation {operation}, model, record and expanded')
    if data.get('model') != OBSERVES:
        raise Refused(422, f'Expected a record of {OBSERVES}, got one of {data.get("model")}')
    if has_expired(attributes):
        raise RuntimeError('The deadline had passed before the change arrived; nothing was done')
    return step(data['record'], data['expanded'])


def known_tokens():
    """Several are good at once while callers go from one to the next."""
    return os.environ.get('SYNCSTEP_FUNCTION_TOKEN', '').replace(',', ' ').split()


def is_known(headers):
    """Whether the caller may call. Tokens are compared in a time that tells nothing of them."""
    given = headers.get('authorization', '').encode()
    return any(hmac.compare_digest(given, f'Bearer {token}'.encode()) for token in known_tokens())


class Handler(BaseHTTPRequestHandler):
    """One connection, which ends with its answer."""

    # Whoever connects and says nothing must not hold up the end.
    timeout = 30

    def do_GET(self):
        if self.path in PROBES:
            self.answer(200, 'text/plain', b'OK')
        elif self.path != '/':
            self.problem(404, f'Expected / or {" or ".join(PROBES)}, got {self.path}')
        elif not is_known(self.headers):
            self.unauthorized()
        else:
            self.json(200, {'observes': OBSERVES, 'include': INCLUDE})

    do_HEAD = do_GET

    def do_POST(self):
        body = self.read_body()
        if self.path != '/':
            self.problem(404, f'Expected /, got {self.path}')
        elif not is_known(self.headers):
            self.unauthorized()
        elif body is None:
            self.problem(413, f'Expected a body of at most {MAX_BYTES} bytes')
        else:
            self.take(body)

    def other_method(self):
        self.read_body()
        self.problem(405, f'Expected GET or POST, got {self.command}', Allow='GET, POST')

    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = other_method

    def take(self, body):
        """What a step does becomes an answer."""
        try:
            feedback = carry_out(*read_event(self.headers, body))
        except Refused as refusal:
            self.problem(refusal.status, str(refusal))
        except Deferred as deferral:
            self.problem(409, str(deferral), **{'Retry-After': str(deferral.retry_after)})
        except Terminal as terminal:
            self.problem(422, str(terminal))
        except Exception as error:
            log('The step failed', error=repr(error))
            self.problem(500, str(error) or type(error).__name__)
        else:
            self.json(200, {} if feedback is None else {'feedback': feedback})

    def read_body(self):
        """None when it is too large; it is read away, so that its sender hears the answer."""
        length = self.headers.get('content-length', '0')
        left = int(length) if length.isdecimal() else 0
        is_too_large = left > MAX_BYTES
        if left > 8 * MAX_BYTES:
            return None
        chunks = []
        while left > 0:
            chunk = self.rfile.read(min(left, 65536))
            if chunk == b'':
                break
            left -= len(chunk)
            if not is_too_large:
                chunks.append(chunk)
        return None if is_too_large else b''.join(chunks)

    def unauthorized(self):
        detail = 'Expected Authorization: Bearer with a token of this function'
        self.problem(401, detail, **{'WWW-Authenticate': 'Bearer'})

    def problem(self, status, detail, **headers):
        title = self.responses[status][0]
        body = json.dumps({'status': status, 'title': title, 'detail': detail}).encode()
        self.answer(status, 'application/problem+json', body, headers)

    def json(self, status, value):
        self.answer(status, 'application/json', json.dumps(value).encode())

    def answer(self, status, content_type, body, headers=None):
        self.send_response(status)
        self.send_header('Content-Type', content_type)
        self.send_header('Content-Length', str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def log_message(self, format, *args):
        """The lines of the step tell more."""


class Server(ThreadingHTTPServer):
    """Calls run at the same time, and the end waits for them."""

    daemon_threads = False
    request_queue_size = 128


def main():
    if not known_tokens():
        sys.exit('Set SYNCSTEP_FUNCTION_TOKEN, which callers must know')
    server = Server(('', int(os.environ.get('PORT', '8080'))), Handler)

    def stop(*_):
        # It waits for the loop below, which this very thread runs.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log('Function is listening', port=server.server_port)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


if __name__ == '__main__':
    main()
