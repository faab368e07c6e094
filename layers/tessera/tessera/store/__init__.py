"""DynamoDB, SQS, EventBridge and S3: the only room where botocore is imported.

Everything that an operation changes goes into one `Transaction`; everything that it needs comes from one `read`.
"""
