"""Everything of the kinds that Knitbone deploys, as AWS's own Python SDK (it comes with moto) reads it from the services, as one JSON object.

Asked of the services, not of CloudFormation: what a stack says of itself is `resources`, what is there is the rest. Lists are whole and
sorted, so that two answers are equal when nothing has changed. Endpoint, region and credentials are AWS's usual environment variables.
"""

import ast
import json
import sys

import boto3


def every(client, operation, **arguments):
    """All items of all pages. What an answer calls them is the SDK's to know; some services leave the name out when there is none."""
    paginator = client.get_paginator(operation)
    items = paginator.result_keys[0]
    return [item for page in paginator.paginate(**arguments) for item in items.search(page) or []]


def without_metadata(answer):
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def stacks():
    client = boto3.client("cloudformation")
    names = [stack["StackName"] for stack in every(client, "describe_stacks")]
    return {name: every(client, "list_stack_resources", StackName=name) for name in names}


def tables():
    client = boto3.client("dynamodb")
    return {
        name: {
            **client.describe_table(TableName=name)["Table"],
            "TimeToLive": client.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
            "ContinuousBackups": client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"],
        }
        for name in every(client, "list_tables")
    }


def queues():
    client = boto3.client("sqs")
    return {
        url.rsplit("/", 1)[1]: client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        for url in every(client, "list_queues")
    }


def functions():
    client = boto3.client("lambda")
    answer = {}
    for function in every(client, "list_functions"):
        name = function["FunctionName"]
        answer[name] = {**function, "Concurrency": without_metadata(client.get_function_concurrency(FunctionName=name))}
        try:
            answer[name]["Policy"] = json.loads(client.get_policy(FunctionName=name)["Policy"])
        except client.exceptions.ResourceNotFoundException:
            pass  # nobody was permitted to call it
    return answer


def mappings():
    found = every(boto3.client("lambda"), "list_event_source_mappings")
    return {mapping["UUID"]: mapping for mapping in found}


def document(policy):
    """moto keeps what CloudFormation put into a role as the text of a Python object, not of JSON."""
    return ast.literal_eval(policy) if isinstance(policy, str) else policy


def roles():
    client = boto3.client("iam")
    return {
        role["RoleName"]: {
            **role,
            "Policies": {
                name: document(client.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"])
                for name in every(client, "list_role_policies", RoleName=role["RoleName"])
            },
            "AttachedPolicies": every(client, "list_attached_role_policies", RoleName=role["RoleName"]),
        }
        for role in every(client, "list_roles")
    }


def alarms():
    found = every(boto3.client("cloudwatch"), "describe_alarms")
    return {alarm["AlarmName"]: alarm for alarm in found}


def rules():
    client = boto3.client("events")
    return {
        rule["Name"]: {**rule, "Targets": client.list_targets_by_rule(Rule=rule["Name"])["Targets"]}
        for rule in every(client, "list_rules")
    }


def log_groups():
    return {group["logGroupName"]: group for group in every(boto3.client("logs"), "describe_log_groups")}


def buckets():
    client = boto3.client("s3")
    return {
        bucket["Name"]: {
            "Encryption": client.get_bucket_encryption(Bucket=bucket["Name"])["ServerSideEncryptionConfiguration"],
            "Objects": {
                item["Key"]: item["ETag"] for item in every(client, "list_objects_v2", Bucket=bucket["Name"])
            },
        }
        for bucket in every(client, "list_buckets")
    }


if __name__ == "__main__":
    inventory = {
        "stacks": stacks(),
        "tables": tables(),
        "queues": queues(),
        "functions": functions(),
        "mappings": mappings(),
        "roles": roles(),
        "alarms": alarms(),
        "rules": rules(),
        "logGroups": log_groups(),
        "buckets": buckets(),
    }
    json.dump(inventory, sys.stdout, default=str, sort_keys=True)
