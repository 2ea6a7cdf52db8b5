"""Network files of pandapipes: tables in JSON, read without pandapipes or pandas."""
