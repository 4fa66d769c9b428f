-- Values that are ready to be shown, so that the statusline need not compute. Derived: may be
-- dropped at any time, and whoever reads them shows less without them. See docs/background.md.
create table ready (
    name text not null primary key,    -- today, or session/ID
    value text not null,               -- JSON: numbers, days, ids of rules
    updated_ms integer not null
) without rowid;
