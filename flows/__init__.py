"""ORDER: which stages run, on what. Nothing is computed here."""
