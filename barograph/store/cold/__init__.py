"""Cold storage: where frames of archived sessions lie, as Parquet files in a directory or an S3-compatible storage."""
