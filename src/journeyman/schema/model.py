"""A trained model: the row that finds its weights, which are safetensors beside the Parquet."""

from journeyman.schema.record import Record


class Model(Record):
    """One trained (or freshly built, ``untuned``) model in the store."""

    model_digest: str
    """sha256 over the names and sha256 of its files."""
    prefix: str
    """Where its files are, relative to the store's root."""
    family: str
    base_model: str
    dataset_digest: str
    """Empty for an untuned model."""
    config_json: str
    """Training configuration, canonical JSON."""
    steps: int
    final_loss: float
    trained_tokens: int
    """Tokens that entered the loss."""
    parameters: int
    trained_parameters: int
