"""What Claude Code must be told so that it reports its calls here and nowhere else."""

from ccmeter.otlp.loopback import HOST

EXPORT_INTERVAL_MS = 2000


def otlp_settings(port: int) -> dict[str, str]:
    """Return the variables for the `env` of Claude Code's settings.json.

    Only the logs are asked for, by variables of their own: an exporter of metrics that the user
    has is left alone. Prompts and the details of tools stay out of the events.
    """
    return {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "http/json",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": f"http://{HOST}:{port}/v1/logs",
        "OTEL_LOGS_EXPORT_INTERVAL": str(EXPORT_INTERVAL_MS),
        "OTEL_LOG_USER_PROMPTS": "0",
        "OTEL_LOG_TOOL_DETAILS": "0",
    }
