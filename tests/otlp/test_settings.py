"""What the client is told."""

from ccmeter.otlp.settings import otlp_settings


def test_logs_go_to_this_machine_and_hold_no_prompts() -> None:
    told = otlp_settings(14318)

    assert told["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"] == "http://127.0.0.1:14318/v1/logs"
    assert told["OTEL_LOG_USER_PROMPTS"] == told["OTEL_LOG_TOOL_DETAILS"] == "0"
    assert told["CLAUDE_CODE_ENABLE_TELEMETRY"] == "1"


def test_nothing_is_said_about_metrics_and_traces() -> None:
    named = [name for name in otlp_settings(1) if "METRIC" in name or "TRACE" in name]

    assert named == []
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" not in otlp_settings(1)
