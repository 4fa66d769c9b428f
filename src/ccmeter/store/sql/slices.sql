-- Sums of responses between which no report tells a difference, and which have one price: same
-- session, folder, client and type of agent, same local and UTC day, same terms of billing, same
-- long-context band. One owner and one of the terms stand for all. Sums only: money is made in
-- reports, where price times sum is exact. Rows are summed up by owner and terms first, so that
-- these are looked up for a few thousand sums and not for every response.
with counted as (
    select
        owner_id,
        terms_id,
        (time_ms + :shift_ms) / 86400000 as local_day,
        time_ms / 86400000 as utc_day,
        case
            when prompt_tokens > :band3 then 3
            when prompt_tokens > :band2 then 2
            when prompt_tokens > :band1 then 1
            else 0
        end as band,
        count(*) as responses,
        sum(finished = 0) as unfinished,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(cache_write_5m_tokens) as cache_write_5m_tokens,
        sum(cache_write_1h_tokens) as cache_write_1h_tokens,
        sum(web_searches) as web_searches
    from (
        select
            *,
            input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens
                as prompt_tokens
        from responses
        where time_ms >= :since_ms and time_ms < :until_ms
            and (
                :sessions is null
                or owner_id in (
                    select owners.id
                    from json_each(:sessions) as wanted
                    join sessions on sessions.session = wanted.value
                    join owners on owners.session_id = sessions.id
                )
            )
    )
    group by owner_id, terms_id, local_day, utc_day, band
)
select
    min(c.owner_id),
    min(c.terms_id),
    c.local_day,
    c.utc_day,
    c.band,
    sum(c.responses),
    sum(c.unfinished),
    sum(c.input_tokens),
    sum(c.output_tokens),
    sum(c.cache_read_tokens),
    sum(c.cache_write_5m_tokens),
    sum(c.cache_write_1h_tokens),
    sum(c.web_searches)
from counted as c
join owners as o on o.id = c.owner_id
left join agents as a on a.id = o.agent_id
join terms as t on t.id = c.terms_id
group by
    o.root_id, o.session_id, o.agent_id = 0, a.type, o.project_id, o.client_id,
    t.model_id, t.requested_model, t.speed, t.geo, t.service_tier,
    c.local_day, c.utc_day, c.band
