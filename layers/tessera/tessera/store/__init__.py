"""DynamoDB, SQS and EventBridge: the only room where boto3 is imported.

Everything that an operation changes goes into one `Transaction`; everything that it needs comes from one `read`.
"""
