-- What status lines showed of the client's own meter: it tells of sessions that were killed, that
-- still run, or whose client wrote no reading into the transcript.

-- The last sight of each session.
create table shown_costs (
    session_id integer primary key references sessions (id),
    time_ms integer not null,      -- of the sight
    began_ms integer not null,     -- of the client's process, about
    cost_usd text not null,        -- as shown
    version text not null          -- of the client: what the cost stands for depends on it
);
