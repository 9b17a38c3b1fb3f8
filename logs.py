"""The one set-up of log lines, for every command of the server: people's lines or JSON."""

import logging
import sys

import structlog

from settings import LogFormat


def configure_logs(format: LogFormat) -> None:  # noqa: A002  # the setting's word
    """Send structlog's and the standard library's lines to standard output in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    console = format is LogFormat.CONSOLE or (format is LogFormat.AUTO and sys.stdout.isatty())
    if console:
        shared[2] = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=True)
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(),
            pad_event_to=0,
            pad_level=False,
            # The other formatter shows local variables, so secrets, and takes seconds.
            exception_formatter=structlog.dev.plain_traceback,
        )
        if console
        else structlog.processors.JSONRenderer()
    )
    last = [structlog.processors.format_exc_info] if not console else []
    structlog.configure(
        processors=[*shared, *last, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *last,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
