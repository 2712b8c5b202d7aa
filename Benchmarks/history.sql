-- The history: psql -v scale=1 -f history.sql
--
-- At scale 1: 1 000 000 inserts, 250 000 updates, 100 000 deletes, in 13 500 transactions of 100 rows. Every value is a hash of the
-- row's number, so each run writes the same rows. The mix is even from beginning to end: per 10 insert transactions about 2.5 of
-- updates and 1 of deletes.
--
-- Which rows: after insert transaction b the ids 1…100·b have been there.
--   b divisible by 4:   an update of 100 rows, one in each of 100 equal ranges of those ids; never an id divisible by 10
--   b divisible by 10:  a delete of the ids divisible by 10 among the last 1 000
-- So no updated row is ever deleted, and every transaction changes exactly 100 rows.

CREATE OR REPLACE FUNCTION pick(row_number bigint, seed integer, n integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (((hashint8extended(row_number, seed) % n) + n) % n)::integer $$;

CREATE OR REPLACE PROCEDURE write_history(transactions integer)
LANGUAGE plpgsql
AS $$
DECLARE
    statuses CONSTANT text[] := ARRAY['open', 'paid', 'shipped', 'cancelled'];
    b bigint;
BEGIN
    FOR b IN 1..transactions LOOP
        INSERT INTO orders
        SELECT i, 1 + pick(i, 1, 100000), 1 + pick(i, 2, 5000), statuses[1 + pick(i, 3, 4)], 1 + pick(i, 4, 10),
               (1 + pick(i, 5, 100000))::numeric / 100, timestamptz '2026-01-01 00:00:00+00' + i * interval '1 second',
               CASE WHEN pick(i, 6, 3) > 0 THEN 'note ' || md5(i::text) END
        FROM generate_series((b - 1) * 100 + 1, b * 100) AS i;
        COMMIT;

        IF b % 4 = 0 THEN
            UPDATE orders
            SET status = statuses[1 + pick(orders.id + b, 7, 4)], qty = 1 + pick(orders.id + b, 8, 10)
            FROM (SELECT CASE WHEN id % 10 <> 0 THEN id WHEN id = first THEN id + 1 ELSE id - 1 END AS id
                  FROM (SELECT k * b + 1 AS first, k * b + 1 + pick(k + b * 100, 9, b::integer) AS id
                        FROM generate_series(0, 99) AS k) AS draws) AS chosen
            WHERE orders.id = chosen.id;
            COMMIT;
        END IF;

        IF b % 10 = 0 THEN
            DELETE FROM orders WHERE id > (b - 10) * 100 AND id <= b * 100 AND id % 10 = 0;
            COMMIT;
        END IF;
    END LOOP;
END $$;

-- The plans are made while the table is empty and kept: without this each update would read the whole table.
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;

SELECT greatest((10000 * :scale)::integer, 20) AS transactions \gset
CALL write_history(:transactions);
