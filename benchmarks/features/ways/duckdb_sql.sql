-- The best SQL we can write for DuckDB by hand: the bar against which the others are measured.
--
-- Events are read twice and never by date: once into account-cells, once into one row per user. A
-- cell is a run of days that no window edge of any date divides, so there are few of them. Distinct
-- days and event names within a cell are bits of an integer, the cells of a user are bits of a
-- 128-bit integer: every distinct count becomes a count of bits. Needs at most 64 event names, cells
-- of at most 64 days and 128 pairs of cell and late date; the program refuses otherwise.

CREATE TEMP TABLE cuts AS
SELECT as_of, datediff('day', DATE '1970-01-01', as_of::DATE)::INT AS c
FROM (SELECT unnest($dates::TIMESTAMP[]) AS as_of);

CREATE TEMP TABLE windows AS
SELECT c, e, row_number() OVER (PARTITION BY c ORDER BY e) AS band
FROM cuts, (SELECT unnest([0, 7, 28, 56, 90, 180, 365])::INT AS e);

CREATE TEMP TABLE calendar AS  -- per day: its cell, its bit there, the first date from it on
WITH days AS (
  SELECT unnest(range(datediff('day', DATE '1970-01-01', least(
    (SELECT min(occurred_at) FROM '$data/events.parquet'),
    (SELECT min(occurred_at) FROM '$data/messages.parquet'),
    (SELECT min(as_of) FROM cuts))::DATE), (SELECT max(c) FROM cuts) + 1))::INT AS d
),
cell_of AS (SELECT d, max(c - e)::INT AS cell FROM days LEFT JOIN windows ON c - e <= d GROUP BY d),
known AS (SELECT d, min(c)::INT AS first_c FROM days JOIN cuts ON c >= d GROUP BY d),
following AS (SELECT d, min(c)::INT AS next_c FROM days JOIN cuts ON c > d GROUP BY d)
SELECT d, coalesce(cell, -1)::INT AS cell, 1::UBIGINT << coalesce(d - cell, 0)::UBIGINT AS bit,
       first_c, coalesce(next_c, 2147483647)::INT AS next_c
FROM cell_of JOIN known USING (d) LEFT JOIN following USING (d);

CREATE TEMP TABLE bits AS
SELECT event, 1::UBIGINT << (row_number() OVER (ORDER BY event) - 1)::UBIGINT AS bit
FROM (SELECT DISTINCT event FROM '$data/events.parquet');

CREATE TEMP VIEW events AS
SELECT account_id, user_id, event, quantity, duration_s,
       datediff('day', DATE '1970-01-01', occurred_at::DATE)::INT AS d,
       datediff('day', DATE '1970-01-01',
                greatest(occurred_at::DATE, recorded_at::DATE))::INT + 1 AS k
FROM '$data/events.parquet';

CREATE TEMP TABLE account_cells AS
SELECT account_id, here.cell, known.first_c AS kc, any_value(here.next_c) AS next_c,
       count(*)::INT AS n, sum((quantity * 1000)::BIGINT)::BIGINT AS q,
       sum((duration_s * 1000)::BIGINT)::BIGINT AS ms,
       count(*) FILTER (event = 'login')::INT AS logins,
       bit_or(here.bit) AS days, bit_or(bits.bit) AS names, max(e.d) AS last
FROM events e
JOIN bits USING (event)
JOIN calendar here ON here.d = e.d
JOIN calendar known ON known.d = e.k
GROUP BY ALL;

-- A day whose events became known at two dates counts as active once: at the earlier.
CREATE TEMP TABLE cells AS
WITH late AS (SELECT DISTINCT account_id, cell FROM account_cells WHERE kc > next_c)
SELECT * EXCLUDE (days), bit_count(days) AS active
FROM account_cells ANTI JOIN late USING (account_id, cell)
UNION ALL
SELECT * EXCLUDE (days),
       bit_count(days & ~coalesce(bit_or(days) OVER (
           PARTITION BY account_id, cell ORDER BY kc
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0::UBIGINT)) AS active
FROM account_cells SEMI JOIN late USING (account_id, cell);
DROP TABLE account_cells;

CREATE TEMP TABLE cell_bands AS  -- band b of c is [c - edge(b + 1), c - edge(b))
SELECT cell, c, max(band)::INT AS band
FROM (SELECT DISTINCT cell FROM cells WHERE cell >= 0)
JOIN windows w ON cell < c - e
GROUP BY cell, c
HAVING max(band) < 7;

CREATE TEMP TABLE usage AS
WITH bands AS (
  SELECT account_id, c, band, sum(n) AS n, sum(q) AS q, sum(ms) AS ms, sum(logins) AS logins,
         sum(active) AS active, bit_or(names) AS names
  FROM cells JOIN cell_bands USING (cell)
  WHERE kc <= c
  GROUP BY ALL
)
SELECT c, account_id,
  sum(n) FILTER (band < 2) AS n7, sum(n) FILTER (band < 3) AS n28,
  sum(n) FILTER (band < 5) AS n90, sum(n) AS n365,
  sum(n) FILTER (band = 3) AS n28p, sum(n) FILTER (band = 5) AS n90p,
  sum(active) FILTER (band < 2) AS a7, sum(active) FILTER (band < 3) AS a28,
  sum(active) FILTER (band < 5) AS a90, sum(active) AS a365, sum(active) FILTER (band = 3) AS a28p,
  bit_count(bit_or(names) FILTER (band < 2)) AS e7,
  bit_count(bit_or(names) FILTER (band < 3)) AS e28,
  bit_count(bit_or(names) FILTER (band < 5)) AS e90, bit_count(bit_or(names)) AS e365,
  sum(q) FILTER (band < 2) AS q7, sum(q) FILTER (band < 3) AS q28,
  sum(q) FILTER (band < 5) AS q90, sum(q) AS q365, sum(q) FILTER (band = 3) AS q28p,
  sum(logins) FILTER (band < 3) AS l28, sum(logins) FILTER (band < 5) AS l90,
  sum(logins) FILTER (band = 3) AS l28p,
  sum(ms) FILTER (band < 3) AS ms28, sum(ms) FILTER (band < 5) AS ms90
FROM bands
GROUP BY ALL;

CREATE TEMP TABLE recency AS
WITH steps AS (SELECT account_id, kc, max(last) AS last FROM cells GROUP BY ALL)
SELECT c, account_id, max(last) AS last FROM steps JOIN cuts ON kc <= c GROUP BY ALL;

-- One bit for each cell whose rows are known in time, one more for each pair of cell and later date.
CREATE TEMP TABLE user_bits AS
SELECT cell, kc, kc <= next_c AS in_time, 1::UHUGEINT << (row_number() OVER (ORDER BY cell, kc) - 1)::UHUGEINT AS bit
FROM (SELECT DISTINCT cell, kc, next_c FROM cells WHERE cell >= 0);
DROP TABLE cells;

CREATE TEMP TABLE users AS
WITH placed AS (
  SELECT account_id, user_id, bit
  FROM events e
  JOIN (SELECT d, next_c, b.bit FROM calendar JOIN user_bits b USING (cell) WHERE in_time) t
    ON t.d = e.d AND e.k <= t.next_c
  WHERE user_id IS NOT NULL
  UNION ALL
  SELECT account_id, user_id, b.bit
  FROM events e
  JOIN calendar here ON here.d = e.d AND e.k > here.next_c
  JOIN calendar known ON known.d = e.k
  JOIN user_bits b ON b.cell = here.cell AND b.kc = known.first_c
  WHERE user_id IS NOT NULL AND e.k > e.d + 1
)
SELECT account_id, user_id, bit_or(bit) AS m FROM placed GROUP BY ALL;

CREATE TEMP TABLE user_masks AS
SELECT c, w.days, w.skip, bit_or(bit) AS m
FROM cuts, user_bits,
     (SELECT unnest([7, 28, 90, 365, 28]) AS days, unnest([0, 0, 0, 0, 28]) AS skip) w
WHERE kc <= c AND cell >= c - skip - days AND cell < c - skip
GROUP BY ALL;

CREATE TEMP TABLE people AS
WITH masks AS (
  SELECT c,
    coalesce(max(m) FILTER (days = 7), 0::UHUGEINT) AS m7,
    coalesce(max(m) FILTER (days = 28 AND skip = 0), 0::UHUGEINT) AS m28,
    coalesce(max(m) FILTER (days = 90), 0::UHUGEINT) AS m90,
    max(m) FILTER (days = 365) AS m365,
    coalesce(max(m) FILTER (skip = 28), 0::UHUGEINT) AS m28p
  FROM user_masks GROUP BY ALL
)
SELECT c, account_id, count(*) AS u365,
  count(*) FILTER (m & m7 <> 0) AS u7, count(*) FILTER (m & m28 <> 0) AS u28,
  count(*) FILTER (m & m90 <> 0) AS u90, count(*) FILTER (m & m28p <> 0) AS u28p
FROM users JOIN masks ON m & m365 <> 0
GROUP BY ALL;
DROP TABLE users;

CREATE TEMP TABLE contracts AS
SELECT account_id, started_at, ended_at, recorded_at, plan, seats, renews_at, term_months,
       auto_renew, currency, round(mrr * 100)::BIGINT AS cents,
       datediff('day', DATE '1970-01-01', started_at::DATE)::INT AS d,
       datediff('day', DATE '1970-01-01', ended_at::DATE)::INT AS final,
       datediff('day', DATE '1970-01-01',
                greatest(started_at::DATE, recorded_at::DATE))::INT + 1 AS k
FROM '$data/subscriptions.parquet';

-- Which contracts join into a spell does not depend on the date, unless one was recorded late.
CREATE TEMP TABLE live AS
WITH late AS (
  SELECT DISTINCT account_id FROM contracts JOIN cuts ON started_at < as_of AND recorded_at >= as_of
),
versions AS (
  SELECT account_id, started_at, ended_at, NULL::INT AS version
  FROM contracts ANTI JOIN late USING (account_id)
  UNION ALL
  SELECT account_id, started_at, ended_at, c
  FROM contracts SEMI JOIN late USING (account_id)
  JOIN cuts ON started_at < as_of AND (recorded_at IS NULL OR recorded_at < as_of)
),
fresh AS (
  SELECT *, started_at > max(coalesce(ended_at, TIMESTAMP '9999-01-01')) OVER (
    PARTITION BY account_id, version ORDER BY started_at, ended_at
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + INTERVAL 30 DAY AS new
  FROM versions
),
spells AS (
  SELECT *, max(CASE WHEN coalesce(new, true) THEN started_at END) OVER (
    PARTITION BY account_id, version ORDER BY started_at, ended_at
    ROWS UNBOUNDED PRECEDING) AS began
  FROM fresh
)
SELECT c, as_of, account_id, min(began) AS began,
       datediff('second', min(began), as_of) // 86400 AS tenure
FROM spells JOIN cuts
  ON started_at < as_of AND (ended_at IS NULL OR ended_at >= as_of)
WHERE version IS NULL OR version = c
GROUP BY c, as_of, account_id;

CREATE TEMP TABLE terms AS
WITH placed AS (
  SELECT *, row_number() OVER (
    PARTITION BY c, account_id
    ORDER BY started_at DESC, cents DESC NULLS LAST, plan NULLS LAST, renews_at NULLS LAST,
             seats NULLS LAST, term_months NULLS LAST, auto_renew NULLS LAST, currency NULLS LAST
  ) AS place
  FROM contracts JOIN cuts ON k <= c AND (final IS NULL OR final >= c)
)
SELECT c, account_id, sum(seats) AS seats, sum(cents) AS cents,
       max(plan) FILTER (place = 1) AS plan, max(term_months) FILTER (place = 1) AS term_months,
       max(auto_renew) FILTER (place = 1) AS auto_renew,
       max(datediff('day', DATE '1970-01-01', renews_at::DATE)) FILTER (place = 1) AS renews
FROM placed GROUP BY ALL;

CREATE TEMP TABLE earlier_terms AS
SELECT c, account_id, sum(cents) AS cents
FROM contracts JOIN cuts ON k <= c AND d < c - 90 AND (final IS NULL OR final >= c - 90)
GROUP BY ALL;

CREATE TEMP TABLE labels AS
WITH all_contracts AS (
  SELECT account_id, started_at,
         CASE WHEN ended_at < TIMESTAMP '$observed_until' THEN ended_at
              ELSE TIMESTAMP '9999-01-01' END AS until
  FROM contracts WHERE started_at < TIMESTAMP '$observed_until'
),
fresh AS (
  SELECT *, started_at > max(until) OVER (
    PARTITION BY account_id ORDER BY started_at, until
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + INTERVAL 30 DAY AS new
  FROM all_contracts
),
numbered AS (
  SELECT *, sum(coalesce(new, true)::INT) OVER (
    PARTITION BY account_id ORDER BY started_at, until ROWS UNBOUNDED PRECEDING) AS spell
  FROM fresh
),
spells AS (
  SELECT account_id, min(started_at) AS began, max(until) AS until
  FROM numbered GROUP BY account_id, spell
)
SELECT c, live.account_id,
  CASE WHEN as_of + INTERVAL 120 DAY > TIMESTAMP '$observed_until' OR until IS NULL THEN NULL
       ELSE until < TIMESTAMP '$observed_until' - INTERVAL 30 DAY
            AND until < as_of + INTERVAL 90 DAY END AS churned
FROM live LEFT JOIN spells
  ON live.account_id = spells.account_id AND spells.began < as_of AND until >= as_of;

CREATE TEMP TABLE tickets AS
WITH placed AS (
  SELECT account_id, datediff('day', DATE '1970-01-01', opened_at::DATE)::INT AS d,
         datediff('day', DATE '1970-01-01',
                  greatest(opened_at::DATE, recorded_at::DATE))::INT + 1 AS k,
         coalesce(datediff('day', DATE '1970-01-01', resolved_at::DATE), 2147483647)::INT AS final,
         datediff('second', opened_at, resolved_at) AS seconds,
         lower(priority) IN ('high', 'urgent', 'critical') AS urgent
  FROM '$data/tickets.parquet'
)
SELECT c, account_id, max(d) AS last,
  count(*) FILTER (d >= c - 28) AS t28, count(*) FILTER (d >= c - 90) AS t90,
  count(*) FILTER (d >= c - 365) AS t365, count(*) FILTER (d >= c - 180 AND d < c - 90) AS t90p,
  count(*) FILTER (final >= c) AS open, min(d) FILTER (final >= c) AS oldest,
  count(*) FILTER (d >= c - 90 AND final < c) AS done90,
  count(*) FILTER (d >= c - 365 AND final < c) AS done365,
  sum(seconds) FILTER (d >= c - 365 AND final < c) AS seconds365,
  count(*) FILTER (urgent AND d >= c - 90) AS urgent90
FROM placed JOIN cuts ON k <= c
GROUP BY ALL;

CREATE TEMP TABLE surveys AS
WITH placed AS (
  SELECT account_id, responded_at, lower(kind) = 'nps' AS nps, round(rating * 1000)::BIGINT AS p,
         datediff('day', DATE '1970-01-01', responded_at::DATE)::INT AS d,
         datediff('day', DATE '1970-01-01',
                  greatest(responded_at::DATE, recorded_at::DATE))::INT + 1 AS k
  FROM '$data/surveys.parquet' WHERE rating IS NOT NULL
)
SELECT c, account_id, count(*) FILTER (d >= c - 365) AS answers,
  max(d) FILTER (nps) AS last_nps,
  list_slice(list(p ORDER BY responded_at DESC, p) FILTER (nps), 1, 2) AS newest,
  sum(p) FILTER (nps AND d >= c - 365) AS nps365,
  count(*) FILTER (nps AND d >= c - 365) AS nps_answers
FROM placed JOIN cuts ON k <= c
GROUP BY ALL;

CREATE TEMP TABLE messages AS
WITH cells AS (
  SELECT account_id, here.cell, known.first_c AS kc,
         count(*) FILTER (kind = 'email_sent') AS sent,
         count(*) FILTER (kind = 'email_open') AS opened,
         count(*) FILTER (kind = 'email_click') AS clicked,
         count(*) FILTER (kind = 'meeting') AS met,
         max(here.d) FILTER (lower(direction) IN ('in', 'inbound', 'received')) AS heard
  FROM '$data/messages.parquet'
  JOIN calendar here ON here.d = datediff('day', DATE '1970-01-01', occurred_at::DATE)
  JOIN calendar known ON known.d = datediff('day', DATE '1970-01-01',
                                            greatest(occurred_at::DATE, recorded_at::DATE)) + 1
  GROUP BY ALL
)
SELECT c, account_id, max(heard) AS heard,
  sum(sent) FILTER (cell >= c - 28) AS sent28, sum(opened) FILTER (cell >= c - 28) AS opened28,
  sum(sent) FILTER (cell >= c - 90) AS sent90, sum(opened) FILTER (cell >= c - 90) AS opened90,
  sum(clicked) FILTER (cell >= c - 90) AS clicked90, sum(met) FILTER (cell >= c - 90) AS met90,
  sum(opened) FILTER (cell >= c - 180 AND cell < c - 90) AS opened90p
FROM cells JOIN cuts ON kc <= c
GROUP BY ALL;

CREATE TEMP TABLE invoices AS
WITH placed AS (
  SELECT account_id, round(amount * 100)::BIGINT AS cents,
         datediff('day', DATE '1970-01-01', issued_at::DATE)::INT AS d,
         datediff('day', DATE '1970-01-01',
                  greatest(issued_at::DATE, recorded_at::DATE))::INT + 1 AS k,
         coalesce(datediff('day', DATE '1970-01-01', due_at::DATE), 2147483647)::INT AS due,
         coalesce(datediff('day', DATE '1970-01-01', paid_at::DATE), 2147483647)::INT AS paid
  FROM '$data/invoices.parquet'
)
SELECT c, account_id,
  min(due) FILTER (due < c AND paid >= c) AS overdue,
  sum(cents) FILTER (due < c AND paid >= c) AS overdue_cents,
  sum(cents) FILTER (paid >= c) AS unpaid_cents,
  count(*) FILTER (due < c AND d >= c - 365) AS due365,
  count(*) FILTER (due < c AND d >= c - 365 AND (paid >= c OR paid > due)) AS late365
FROM placed JOIN cuts ON k <= c
GROUP BY ALL;

COPY (
SELECT live.account_id, live.as_of,
  coalesce(n7, 0)::DOUBLE AS events_7d, coalesce(n28, 0)::DOUBLE AS events_28d,
  coalesce(n90, 0)::DOUBLE AS events_90d, coalesce(n365, 0)::DOUBLE AS events_365d,
  coalesce(a7, 0)::DOUBLE AS active_days_7d, coalesce(a28, 0)::DOUBLE AS active_days_28d,
  coalesce(a90, 0)::DOUBLE AS active_days_90d, coalesce(a365, 0)::DOUBLE AS active_days_365d,
  coalesce(e7, 0)::DOUBLE AS distinct_events_7d, coalesce(e28, 0)::DOUBLE AS distinct_events_28d,
  coalesce(e90, 0)::DOUBLE AS distinct_events_90d,
  coalesce(e365, 0)::DOUBLE AS distinct_events_365d,
  coalesce(u7, 0)::DOUBLE AS active_users_7d, coalesce(u28, 0)::DOUBLE AS active_users_28d,
  coalesce(u90, 0)::DOUBLE AS active_users_90d, coalesce(u365, 0)::DOUBLE AS active_users_365d,
  coalesce(q7, 0) / 1000.0::DOUBLE AS quantity_7d, coalesce(q28, 0) / 1000.0::DOUBLE AS quantity_28d,
  coalesce(q90, 0) / 1000.0::DOUBLE AS quantity_90d,
  coalesce(q365, 0) / 1000.0::DOUBLE AS quantity_365d,
  CASE WHEN tenure >= 56 THEN (coalesce(n28, 0) - n28p)::DOUBLE / nullif(n28p, 0) END
    AS events_28d_vs_prev_28d,
  CASE WHEN tenure >= 180 THEN (coalesce(n90, 0) - n90p)::DOUBLE / nullif(n90p, 0) END
    AS events_90d_vs_prev_90d,
  CASE WHEN tenure >= 56 THEN (coalesce(a28, 0) - a28p)::DOUBLE / nullif(a28p, 0) END
    AS active_days_28d_vs_prev_28d,
  CASE WHEN tenure >= 56 THEN (coalesce(u28, 0) - u28p)::DOUBLE / nullif(u28p, 0) END
    AS active_users_28d_vs_prev_28d,
  CASE WHEN tenure >= 56 THEN (coalesce(q28, 0) - q28p)::DOUBLE / nullif(q28p, 0) END
    AS quantity_28d_vs_prev_28d,
  (c - recency.last)::DOUBLE AS days_since_last_event,
  coalesce(l28, 0)::DOUBLE / 4 AS logins_per_week_28d,
  coalesce(l90, 0)::DOUBLE / (90::DOUBLE / 7) AS logins_per_week_90d,
  CASE WHEN tenure >= 56 THEN (coalesce(l28, 0) - l28p)::DOUBLE / nullif(l28p, 0) END
    AS logins_28d_vs_prev_28d,
  coalesce(ms28, 0)::DOUBLE / (3600000 * 4) AS hours_per_week_28d,
  coalesce(ms90, 0)::DOUBLE / (3600000 * 90::DOUBLE / 7) AS hours_per_week_90d,
  coalesce(ms28, 0)::DOUBLE / 3600000 / nullif(a28, 0) AS hours_per_active_day_28d,
  coalesce(u28, 0)::DOUBLE / nullif(seats, 0) AS seats_in_use_28d,
  coalesce(n28, 0)::DOUBLE / nullif(u28, 0) AS events_per_user_28d,
  newest[1] / 1000.0::DOUBLE AS nps_latest,
  (newest[1] - newest[2]) / 1000.0::DOUBLE AS nps_change,
  (c - last_nps)::DOUBLE AS days_since_nps,
  nps365 / 1000.0::DOUBLE / nullif(nps_answers, 0) AS nps_mean_365d,
  coalesce(answers, 0)::DOUBLE AS survey_answers_365d,
  coalesce(t28, 0)::DOUBLE AS tickets_28d, coalesce(t90, 0)::DOUBLE AS tickets_90d,
  coalesce(t365, 0)::DOUBLE AS tickets_365d,
  CASE WHEN tenure >= 180 THEN (t90 - t90p)::DOUBLE / nullif(t90p, 0) END
    AS tickets_90d_vs_prev_90d,
  (c - tickets.last)::DOUBLE AS days_since_ticket,
  coalesce(open, 0)::DOUBLE AS tickets_open,
  (c - oldest)::DOUBLE AS oldest_open_ticket_days,
  done90::DOUBLE / nullif(t90, 0) AS tickets_resolved_share_90d,
  seconds365::DOUBLE / 3600 / nullif(done365, 0) AS resolution_hours_365d,
  coalesce(urgent90, 0)::DOUBLE AS urgent_tickets_90d,
  tenure / 30.4375::DOUBLE AS tenure_months,
  plan,
  CASE WHEN renews >= c THEN renews - c END::DOUBLE AS days_to_renewal,
  term_months::DOUBLE AS term_months, auto_renew::INT::DOUBLE AS auto_renew,
  terms.cents / 100.0::DOUBLE AS mrr,
  (terms.cents - earlier_terms.cents)::DOUBLE / nullif(earlier_terms.cents, 0) AS mrr_change_90d,
  seats::DOUBLE AS seats,
  CASE WHEN opened28 > sent28 AND sent28 > 0 THEN 1 ELSE opened28::DOUBLE / nullif(sent28, 0) END AS email_open_rate_28d,
  CASE WHEN opened90 > sent90 AND sent90 > 0 THEN 1 ELSE opened90::DOUBLE / nullif(sent90, 0) END AS email_open_rate_90d,
  CASE WHEN clicked90 > sent90 AND sent90 > 0 THEN 1 ELSE clicked90::DOUBLE / nullif(sent90, 0) END AS email_click_rate_90d,
  CASE WHEN tenure >= 180 THEN (coalesce(opened90, 0) - opened90p)::DOUBLE / nullif(opened90p, 0) END
    AS email_opens_90d_vs_prev_90d,
  coalesce(met90, 0)::DOUBLE AS meetings_90d,
  (c - heard)::DOUBLE AS days_since_inbound,
  coalesce(c - overdue, 0)::DOUBLE AS overdue_days,
  coalesce(overdue_cents, 0) / 100.0::DOUBLE AS overdue_amount,
  coalesce(unpaid_cents, 0) / 100.0::DOUBLE AS unpaid_amount,
  late365::DOUBLE / nullif(due365, 0) AS late_share_365d,
  churned
FROM live
LEFT JOIN usage USING (c, account_id)
LEFT JOIN recency USING (c, account_id)
LEFT JOIN people USING (c, account_id)
LEFT JOIN terms USING (c, account_id)
LEFT JOIN earlier_terms USING (c, account_id)
LEFT JOIN tickets USING (c, account_id)
LEFT JOIN surveys USING (c, account_id)
LEFT JOIN messages USING (c, account_id)
LEFT JOIN invoices USING (c, account_id)
LEFT JOIN labels USING (c, account_id)
ORDER BY live.as_of, live.account_id
) TO '$out' (FORMAT parquet, COMPRESSION zstd);
