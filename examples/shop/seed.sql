-- 2 000 customers in 20 regions, 300 products, 20 000 orders. The same rows every time: choices come from a hash of the row's
-- number, never from random().
BEGIN;

-- A number from 0 to n - 1, drawn by row and purpose.
CREATE FUNCTION pg_temp.pick(purpose text, row_number bigint, n integer) RETURNS integer
LANGUAGE sql IMMUTABLE
AS $$ SELECT (((hashtextextended(purpose || row_number, 42) % n) + n) % n)::integer $$;

-- The word that was drawn.
CREATE FUNCTION pg_temp.word(purpose text, row_number bigint, words text[]) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$ SELECT words[1 + pg_temp.pick(purpose, row_number, array_length(words, 1))] $$;

-- Larger regions have more customers: the smaller of two draws leans towards the front.
INSERT INTO customers (id, name, email, region, joined_on)
SELECT i, first || ' ' || last, lower(first) || '.' || lower(last) || i || '@example.com',
       regions[1 + least(pg_temp.pick('region', i, 20), pg_temp.pick('region again', i, 20))],
       date '2021-01-01' + pg_temp.pick('joined', i, 1500)
FROM generate_series(1, 2000) AS i,
     LATERAL (SELECT pg_temp.word('first', i, ARRAY[
         'Ada', 'Amir', 'Anna', 'Ben', 'Clara', 'Chen', 'Dora', 'Elif', 'Emil', 'Fatou', 'Felix', 'Grace', 'Hana', 'Hugo',
         'Ines', 'Ivan', 'Jonas', 'Julia', 'Kofi', 'Lara', 'Leo', 'Lucia', 'Mara', 'Mateo', 'Mei', 'Nadia', 'Noah', 'Olga',
         'Omar', 'Paula', 'Priya', 'Rafael', 'Rosa', 'Samuel', 'Sofia', 'Tariq', 'Tomas', 'Vera', 'Yara', 'Yusuf']) AS first,
         pg_temp.word('last', i, ARRAY[
         'Adler', 'Almeida', 'Bauer', 'Becker', 'Bianchi', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'Garcia', 'Haddad',
         'Hansen', 'Ito', 'Jansen', 'Kaya', 'Keller', 'Khan', 'Kowalski', 'Lang', 'Lopez', 'Mensah', 'Meyer', 'Moreau',
         'Nguyen', 'Novak', 'Okafor', 'Olsen', 'Patel', 'Petrov', 'Reyes', 'Rossi', 'Sato', 'Schmidt', 'Silva', 'Tanaka',
         'Virtanen', 'Weber', 'Wolf', 'Yilmaz', 'Zimmer']) AS last,
         ARRAY['Bavaria', 'Catalonia', 'Lombardy', 'Normandy', 'Flanders', 'Saxony', 'Andalusia', 'Tuscany', 'Brittany',
         'Silesia', 'Bohemia', 'Provence', 'Galicia', 'Tyrol', 'Jutland', 'Skane', 'Wallonia', 'Algarve', 'Crete',
         'Lapland'] AS regions) AS names;

-- 12 materials × 25 things = 300 names, each once.
INSERT INTO products (id, name, category, price)
SELECT row_number() OVER (ORDER BY thing.position, material.position), material.name || ' ' || thing.name, thing.category,
       round((thing.base * (0.8 + material.position * 0.07))::numeric, 0) - 0.05
FROM unnest(ARRAY['Oak', 'Walnut', 'Steel', 'Copper', 'Linen', 'Wool', 'Cork', 'Bamboo', 'Marble', 'Glass', 'Leather', 'Felt'])
         WITH ORDINALITY AS material (name, position),
     (VALUES (1, 'Table', 'Furniture', 420), (2, 'Chair', 'Furniture', 160), (3, 'Shelf', 'Furniture', 210),
             (4, 'Bench', 'Furniture', 240), (5, 'Stool', 'Furniture', 90), (6, 'Desk', 'Furniture', 380),
             (7, 'Lamp', 'Lighting', 75), (8, 'Lantern', 'Lighting', 45), (9, 'Pendant', 'Lighting', 110),
             (10, 'Candle Holder', 'Lighting', 22), (11, 'Bowl', 'Kitchen', 28), (12, 'Tray', 'Kitchen', 34),
             (13, 'Cutting Board', 'Kitchen', 39), (14, 'Jar', 'Kitchen', 19), (15, 'Coaster Set', 'Kitchen', 16),
             (16, 'Pitcher', 'Kitchen', 42), (17, 'Mirror', 'Decoration', 120), (18, 'Vase', 'Decoration', 55),
             (19, 'Picture Frame', 'Decoration', 26), (20, 'Wall Clock', 'Decoration', 64), (21, 'Planter', 'Garden', 48),
             (22, 'Bird House', 'Garden', 36), (23, 'Basket', 'Storage', 31), (24, 'Box', 'Storage', 24),
             (25, 'Coat Rack', 'Storage', 88)) AS thing (position, name, category, base);

-- Two in three orders are done; the youngest are still open. Every 40th has a note.
INSERT INTO orders (id, customer_id, product_id, qty, price, status, placed_at, note)
SELECT i, 1 + pg_temp.pick('customer', i, 2000), p.id, 1 + least(pg_temp.pick('qty', i, 5), pg_temp.pick('qty again', i, 5)),
       p.price,
       CASE WHEN pg_temp.pick('cancelled', i, 100) < 4 THEN 'cancelled'
            WHEN i > 19000 THEN 'open'
            WHEN i > 17500 THEN 'paid'
            ELSE 'shipped' END,
       timestamptz '2026-01-01 08:00:00+00' + i * interval '21 minutes' + pg_temp.pick('second', i, 1200) * interval '1 second',
       CASE WHEN i % 40 = 0 THEN pg_temp.word('note', i, ARRAY['gift wrap, please', 'leave it with the neighbours',
            'ring twice', 'invoice to the office', 'no plastic, please']) END
FROM generate_series(1, 20000) AS i
     JOIN products AS p ON p.id = 1 + least(pg_temp.pick('product', i, 300), pg_temp.pick('product again', i, 300));

ALTER TABLE orders ALTER COLUMN id RESTART WITH 20001;

COMMIT;
ANALYZE;
