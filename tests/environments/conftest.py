from tests.browsers import browsers

__all__ = ["browsers"]
