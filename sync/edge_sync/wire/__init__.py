"""The wire form: topics, envelopes and receipts, pure."""
