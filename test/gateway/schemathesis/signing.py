"""Signs the requests of schemathesis as docs/control-api.md says: with nothing of the gateway's own code."""
import base64
import hashlib
import hmac
import json
import os
import random
import secrets
import time
from urllib.parse import urlsplit

import schemathesis
from requests.auth import AuthBase

SCHEME = "MQTTGW-HMAC-SHA256"


class Signature(AuthBase):
    def __call__(self, request):
        parts = urlsplit(request.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        body_hash = hashlib.sha256(body).hexdigest()
        to_sign = "\n".join([SCHEME, request.method.upper(), target, timestamp, nonce, body_hash])
        signature = base64.b64encode(hmac.new(os.environ["MQTTGW_KEY_SECRET"].encode(), to_sign.encode(), hashlib.sha256).digest()).decode()
        request.headers["Authorization"] = (
            f"{SCHEME} KeyId={os.environ['MQTTGW_KEY_ID']}, Timestamp={timestamp}, Nonce={nonce}, BodySha256={body_hash}, Signature={signature}"
        )
        return request


@schemathesis.hook
def before_call(context, case, kwargs):
    kwargs["auth"] = Signature()


KNOWN = json.loads(os.environ["KNOWN_PARAMETERS"])


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Half of the requests are about something that there is."""
    if not path_parameters or random.random() < 0.5:
        return path_parameters
    return {name: KNOWN.get(name, value) for name, value in path_parameters.items()}


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict) and "topic" in body and random.random() < 0.5:
        return {**body, "topic": "demo/a"}
    return body


@schemathesis.hook
def after_call(context, case, response):
    with open(os.environ["ANSWERS_FILE"], "a", encoding="utf8") as answers:
        answers.write(f"{case.operation.definition.raw['operationId']} {response.status_code}\n")
