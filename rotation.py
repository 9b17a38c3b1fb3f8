"""`tessera server rotate-secrets`: all secrets in the database under the first key."""

import typer

from starting import database_url_of, read_settings, refuse, run


def rotate_secrets() -> None:
    """Encrypt all secrets in the database with the first of TESSERA_ENCRYPTION_KEYS.

    Those that are still plain, and those under another of the keys. Safe to repeat, and while the
    server runs.
    """
    settings = read_settings()
    database_url = database_url_of(settings)
    if not settings.encryption.encrypts:
        refuse(
            "TESSERA_ENCRYPTION_KEYS is not set.", "`openssl rand -base64 32` makes a key for it."
        )

    async def rotate() -> None:
        from record import secrets
        from store.database import Database

        connecting = Database.connect(database_url, pool_size=1, encryption=settings.encryption)
        async with connecting.closing() as database:
            lost = 0
            for column in await secrets.rotate(database):
                lost += len(column.unreadable)
                typer.echo(f"{column.column}: {column.encrypted} encrypted with the first key.")
                for row_id in column.unreadable:
                    typer.echo(f"  {row_id} cannot be read: none of the keys decrypts it.")
            if lost:
                refuse(
                    f"{lost} cannot be read.",
                    "Add the key that they were encrypted with, or set these secrets anew.",
                )

    run(rotate())
