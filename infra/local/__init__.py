"""The local stack: an S3 server, a Prefect server, a scripted teacher and a worker, all on loopback."""
