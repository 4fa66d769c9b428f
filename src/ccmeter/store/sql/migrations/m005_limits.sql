-- Official percentages of plan limits, as the client showed them.

-- The first sight of each new maximum of a window. One reset may be told a second apart.
create table limit_samples (
    root_id integer not null references roots (id),  -- whose path is "": not known
    kind text not null,            -- five_hour, seven_day, ...
    resets_ms integer not null,
    used integer not null,         -- hundredths of a percent
    first_ms integer not null,     -- never behind the reset
    last_ms integer not null,
    primary key (root_id, kind, resets_ms, used)
) without rowid;
