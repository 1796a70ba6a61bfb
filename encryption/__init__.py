"""AES-256-GCM for fields and files, with a data key per member. Specified byte by byte in docs/crypto.md."""
