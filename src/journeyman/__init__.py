"""Turn your tools into a vision-language model that can use them."""

__version__ = "0.1.0"
