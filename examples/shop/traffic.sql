-- A pgbench script: one order comes in, an older one moves on, and now and then one is cancelled or removed.
--   pgbench --no-vacuum --file examples/shop/traffic.sql --rate 50 --time 60 shop
\set customer random_zipfian(1, 2000, 1.1)
\set product random_zipfian(1, 300, 1.1)
\set qty random(1, 5)
\set older random(1, 2000)
\set chance random(1, 20)
BEGIN;
INSERT INTO orders (customer_id, product_id, qty, price, status, placed_at)
SELECT :customer, id, :qty, price, 'open', now() FROM products WHERE id = :product;
UPDATE orders SET status = CASE status WHEN 'open' THEN 'paid' ELSE 'shipped' END
WHERE id = currval(pg_get_serial_sequence('orders', 'id')) - :older AND status IN ('open', 'paid');
\if :chance = 1
UPDATE orders SET status = 'cancelled' WHERE id = currval(pg_get_serial_sequence('orders', 'id')) - :older;
\elif :chance = 2
DELETE FROM orders WHERE id = currval(pg_get_serial_sequence('orders', 'id')) - :older - 3000;
\endif
COMMIT;
