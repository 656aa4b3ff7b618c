"""Small templates for the tests of validation."""

from __future__ import annotations

HEAD = 'AWSTemplateFormatVersion: "2010-09-09"\nDescription: A template\n'
QUEUE = """Resources:
  Queue:
    Type: AWS::SQS::Queue
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      SqsManagedSseEnabled: true
"""
CLEAN = HEAD + QUEUE
MISSPELT = CLEAN + "      VisibilityTimeoutt: 30\n"  # line 10, column 7
DELAYED = f"{HEAD}Parameters:\n  Delay:\n    Type: Number\n{QUEUE}      DelaySeconds: !Ref Delay\n"
ALERTS = f"""{HEAD}Parameters:
  Email:
    Type: String
{QUEUE}      QueueName: !Ref Email
Outputs:
  TopicArn:
    Value: !GetAtt Queue.Arn
"""
ROOT = """AWSTemplateFormatVersion: "2010-09-09"
Description: A blueprint
Parameters:
  TemplateBucket:
    Type: String
  TemplatePrefix:
    Type: String
    Default: stackyard/
Resources:
  Alerts:
    Type: AWS::CloudFormation::Stack
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      TemplateURL: !Sub https://${TemplateBucket}.s3.${AWS::Region}.${AWS::URLSuffix}/${TemplatePrefix}components/alerts.yaml
      Parameters:
        Email: ops@example.com
Outputs:
  TopicArn:
    Value: !GetAtt Alerts.Outputs.TopicArn
"""
