"""Starts MiniStack on loopback, with the fewest changes that bring it to what AWS documents.

Each change names what AWS does, with its source, and what MiniStack 1.5.33 does instead. Nothing else is touched.

Left as it is, because nothing that runs here depends on it: what one service does to another is held to no policy and
uses no key. So a rule puts its event into a queue whatever the queue's policy says, and does not drop the same content
twice; a function is given a queue's messages whatever its role may do; a failed call goes to its dead letters the same
way. test/infra/ holds these policies to what AWS asks for:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html, 2026-11.
"""

import json
import os
import signal
import sys
import threading

from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import lambda_svc, secretsmanager, sts


def error_of(code, message):
    return secretsmanager.error_response_json(code, message, 400)


# CreateSecret: "If you don't provide SecretString or SecretBinary ... an empty secret", so there is no version and no
# AWSCURRENT. MiniStack makes an empty version that has the label.
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, 2026-11
_store_new_secret = secretsmanager._store_new_secret


def store_new_secret(name, secret_string=None, secret_binary=None, **rest):
    arn, version_id = _store_new_secret(name, secret_string=secret_string, secret_binary=secret_binary, **rest)
    if secret_string is None and secret_binary is None:
        secretsmanager._secrets[name]["Versions"].clear()
    return arn, version_id


secretsmanager._store_new_secret = store_new_secret

# PutSecretValue, https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html, 2026-11:
# - "If a version with this value already exists and the version of the SecretString and SecretBinary values are
#   different from those in the request, then the request fails"; the same values again are ignored. MiniStack
#   overwrites the version.
# - The first version of a secret gets AWSCURRENT, whatever labels are asked for. MiniStack gives only those.
# - A label that is on another version is moved. MiniStack leaves it on both.
_put_secret_value = secretsmanager._put_secret_value


def put_secret_value(data):
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    token = data.get("ClientRequestToken")
    known = secret and secret["Versions"].get(token)
    if known:
        if known["SecretString"] != data.get("SecretString") or known["SecretBinary"] != data.get("SecretBinary"):
            return error_of("ResourceExistsException", "A version with this token holds another value.")
        return secretsmanager.json_response(
            {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token, "VersionStages": list(known["Stages"])}
        )
    first = secret is not None and not secret["Versions"]
    answer = _put_secret_value(data)
    if answer[0] == 200:
        version_id = json.loads(answer[2])["VersionId"]
        for label in data.get("VersionStages", []):
            secretsmanager._remove_stage_everywhere(secret, label, except_version_id=version_id)
        if first:
            secretsmanager._add_stage(secret, version_id, "AWSCURRENT")
    return answer


secretsmanager._put_secret_value = put_secret_value

# GetSecretValue: with both VersionId and VersionStage "the two parameters must refer to the same secret version".
# MiniStack ignores the label.
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html, 2026-11
_get_secret_value = secretsmanager._get_secret_value


def get_secret_value(data):
    answer = _get_secret_value(data)
    if answer[0] == 200 and data.get("VersionId") and data.get("VersionStage"):
        if data["VersionStage"] not in json.loads(answer[2])["VersionStages"]:
            return error_of("ResourceNotFoundException", "That label is not on that version.")
    return answer


secretsmanager._get_secret_value = get_secret_value


# A function's error carries its name: Lambda answers `errorType`, and Step Functions matches Retry and Catch by it.
# MiniStack's Node.js worker answers "Runtime.HandlerError" for every error.
# https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html, 2026-11
lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(
    'error: String(err.message || err), trace:', 'error: String(err.message || err), errorType: err.name, trace:'
)
latest = threading.local()
_invoke = lambda_runtime.Worker.invoke
_execute_function_warm = lambda_svc._execute_function_warm


def invoke(self, *arguments, **named):
    latest.response = _invoke(self, *arguments, **named)
    return latest.response


def execute_function_warm(*arguments, **named):
    latest.response = {}
    result = _execute_function_warm(*arguments, **named)
    if result.get("error") and latest.response.get("errorType"):
        result["body"]["errorType"] = latest.response["errorType"]
    return result


lambda_runtime.Worker.invoke = invoke
lambda_svc._execute_function_warm = execute_function_warm


# Condition keys that MiniStack does not fill in, of Secrets Manager, DynamoDB, EventBridge and KMS:
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html, 2026-11
_request_tag_context = iam_actions.request_tag_context


def partition_of(asked):
    for item in (asked.get("Key"), asked.get("Item")):
        if item:
            return item["pk"]["S"]
    return asked["ExpressionAttributeValues"][":pk"]["S"]


def request_context(service, action, body, parameters):
    context = _request_tag_context(service, action, body, parameters)
    if action in ("secretsmanager:GetSecretValue", "secretsmanager:UpdateSecretVersionStage"):
        asked = json.loads(body or b"{}")
        for field in ("SecretId", "VersionId", "VersionStage"):
            if field in asked:
                context[f"secretsmanager:{field}"] = asked[field]
    if action in ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"):
        context["dynamodb:LeadingKeys"] = [partition_of(json.loads(body))]
    if action == "kms:GenerateMac":
        context["kms:MacAlgorithm"] = json.loads(body or b"{}").get("MacAlgorithm")
    if action == "events:PutEvents":
        context["events:source"] = [entry.get("Source") for entry in json.loads(body or b"{}").get("Entries", [])]
    return context


iam_actions.request_tag_context = request_context

# Calls within AWS are encrypted; to the emulator they go over loopback, without TLS.
_pin_request_origin = app.pin_request_origin
app.pin_request_origin = lambda address, _encrypted: _pin_request_origin(address, True)

# Every call that was held to a policy: who, what, on what, with which condition keys, and the answer. The test of least
# privilege reads it.
record = open(os.environ["KEYTURN_CALLS"], "a", buffering=1)
_enforce = iam_evaluator.enforce


def enforce(access_key_id, action, service, region, resource_arn="*", service_context=None):
    denied = _enforce(access_key_id, action, service, region, resource_arn, service_context)
    who = sts._sessions.get(access_key_id, {}).get("Arn", "administrator").rsplit("/", 1)[-1]
    call = {"who": who, "action": action, "resource": resource_arn, "with": service_context or {}, "allowed": denied is None}
    record.write(f"{json.dumps(call)}\n")
    return denied


iam_evaluator.enforce = enforce

# The stacks are deployed by the emulator's own administrator; from this signal on every call is held to the policies of
# who makes it, as on AWS.
signal.signal(signal.SIGUSR1, lambda *_: setattr(app, "AUTH", True))

if __name__ == "__main__":
    from hypercorn.__main__ import main

    main(["ministack.app:app", "--bind", f"127.0.0.1:{sys.argv[1]}", "--workers", "0"])
