"""Puts alarms, given as a JSON list of CloudFormation's properties on standard input, as CloudFormation would: CloudWatch's own call takes the
same names, and the SDK checks them and their values against the service's model. Prints what CloudWatch then has, by name, as JSON.
"""

import json
import sys

import boto3

client = boto3.client("cloudwatch")
names = []
for properties in json.load(sys.stdin):
    client.put_metric_alarm(**properties)
    names.append(properties["AlarmName"])
there = client.describe_alarms(AlarmNames=names, MaxRecords=100)["MetricAlarms"] if names else []
json.dump({alarm["AlarmName"]: alarm for alarm in there}, sys.stdout, default=str)
