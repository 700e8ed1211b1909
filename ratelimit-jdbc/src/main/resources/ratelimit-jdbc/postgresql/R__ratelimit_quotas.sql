-- A quota in one of its periods. What is left is the amount in the tier + granted - taken.
create table if not exists ratelimit_quota (
  meter             bytea        not null, -- SHA-256 of the names below and of the period
  period_start      timestamptz  not null,
  period_end        timestamptz  not null,
  taken             bigint       not null, -- units charged, and units that machines hold on lease
  granted           bigint       not null, -- units beyond the amount, until the period ends
  organization_hash bytea        not null, -- SHA-256 of the organization
  member_hash       bytea,                 -- SHA-256 of the organization and the member
  organization_name varchar(256) not null, -- the names are for people, and cut at 256 characters
  account_name      varchar(256) not null,
  member_kind       varchar(256),          -- null if the quota is the organization's own
  member_name       varchar(256),
  limit_table       varchar(256) not null,
  scope_kind        varchar(16)  not null, -- endpoint or group
  scope_name        varchar(256) not null,
  unit_name         varchar(256) not null,
  period_name       varchar(256) not null,
  primary key (meter, period_start)
) with (fillfactor = 70);

create index if not exists ratelimit_quota_organization on ratelimit_quota (organization_hash);
create index if not exists ratelimit_quota_end on ratelimit_quota (period_end);

-- Units of a quota that a machine holds.
create table if not exists ratelimit_lease (
  id                bytea        not null,
  meter             bytea        not null,
  period_start      timestamptz  not null,
  machine           varchar(64),           -- null in a receipt: its units went back or were charged
  units             bigint       not null,
  used              bigint       not null, -- as the machine told last
  seen_at           timestamptz  not null, -- when the machine told last
  primary key (id)
) with (fillfactor = 70);

create index if not exists ratelimit_lease_meter on ratelimit_lease (meter, period_start);
-- None on machine, used or seen_at: so a report, and the end of a lease, change no index.

-- The machines, and when each was last heard of.
create table if not exists ratelimit_machine (
  machine           varchar(64)  not null,
  seen_at           timestamptz  not null,
  primary key (machine)
) with (fillfactor = 70);
