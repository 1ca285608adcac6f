"""What a Prefect server is told beyond prefect.yaml."""
