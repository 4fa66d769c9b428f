-- What a status line showed of a session's cost, unless a later sight is known.
insert into shown_costs (session_id, time_ms, began_ms, cost_usd, version)
values (?, ?, ?, ?, ?)
on conflict (session_id) do update set
    time_ms = excluded.time_ms,
    began_ms = excluded.began_ms,
    cost_usd = excluded.cost_usd,
    version = excluded.version
where (excluded.time_ms, cast(excluded.cost_usd as real))
    > (shown_costs.time_ms, cast(shown_costs.cost_usd as real))
