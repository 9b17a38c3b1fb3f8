"""`python -m tessera_sdk` is the command `tessera`, for who starts it from another program."""

from tessera_sdk.cli import main

if __name__ == "__main__":
    main()
