"""What skills share: finding what a picture holds, naming it in words, and drawing what words say."""
