extension PostgresCatalog {
    /// `pg_cast` without length coercions: source, target, context (`i`mplicit, `a`ssignment, `e`xplicit) with method (`f`unction,
    /// `b`inary coercible, `i`/o), and the C function behind it.
    static let castText = """
        bit int4 ef bittoint4; bit int8 ef bittoint8; bit varbit ib -; bool bpchar af booltext; bool int4 ef bool_int4;
        bool text af booltext; bool varchar af booltext; box circle ef box_circle; box lseg ef box_diagonal;
        box point ef box_center; box polygon af box_poly; bpchar char af text_char; bpchar name if bpchar_name;
        bpchar text if rtrim1; bpchar varchar if rtrim1; bpchar xml ef texttoxml; char bpchar af char_bpchar;
        char int4 ef chartoi4; char text if char_text; char varchar af char_text; cidr bpchar af network_show;
        cidr inet ib -; cidr text af network_show; cidr varchar af network_show; circle box ef circle_box;
        circle point ef circle_center; circle polygon ef -; date timestamp if date_timestamp;
        date timestamptz if date_timestamptz; daterange datemultirange ef multirange_constructor1; float4 float8 if ftod;
        float4 int2 af ftoi2; float4 int4 af ftoi4; float4 int8 af ftoi8; float4 numeric af float4_numeric;
        float8 float4 af dtof; float8 int2 af dtoi2; float8 int4 af dtoi4; float8 int8 af dtoi8;
        float8 numeric af float8_numeric; inet bpchar af network_show; inet cidr af inet_to_cidr;
        inet text af network_show; inet varchar af network_show; int2 float4 if i2tof; int2 float8 if i2tod;
        int2 int4 if i2toi4; int2 int8 if int28; int2 numeric if int2_numeric; int2 oid if i2toi4;
        int2 regclass if i2toi4; int2 regcollation if i2toi4; int2 regconfig if i2toi4; int2 regdictionary if i2toi4;
        int2 regnamespace if i2toi4; int2 regoper if i2toi4; int2 regoperator if i2toi4; int2 regproc if i2toi4;
        int2 regprocedure if i2toi4; int2 regrole if i2toi4; int2 regtype if i2toi4; int4 bit ef bitfromint4;
        int4 bool ef int4_bool; int4 char ef i4tochar; int4 float4 if i4tof; int4 float8 if i4tod; int4 int2 af i4toi2;
        int4 int8 if int48; int4 money af int4_cash; int4 numeric if int4_numeric; int4 oid ib -; int4 regclass ib -;
        int4 regcollation ib -; int4 regconfig ib -; int4 regdictionary ib -; int4 regnamespace ib -; int4 regoper ib -;
        int4 regoperator ib -; int4 regproc ib -; int4 regprocedure ib -; int4 regrole ib -; int4 regtype ib -;
        int4range int4multirange ef multirange_constructor1; int8 bit ef bitfromint8; int8 float4 if i8tof;
        int8 float8 if i8tod; int8 int2 af int82; int8 int4 af int84; int8 money af int8_cash;
        int8 numeric if int8_numeric; int8 oid if i8tooid; int8 regclass if i8tooid; int8 regcollation if i8tooid;
        int8 regconfig if i8tooid; int8 regdictionary if i8tooid; int8 regnamespace if i8tooid; int8 regoper if i8tooid;
        int8 regoperator if i8tooid; int8 regproc if i8tooid; int8 regprocedure if i8tooid; int8 regrole if i8tooid;
        int8 regtype if i8tooid; int8range int8multirange ef multirange_constructor1; interval time af interval_time;
        json jsonb ai -; jsonb bool ef jsonb_bool; jsonb float4 ef jsonb_float4; jsonb float8 ef jsonb_float8;
        jsonb int2 ef jsonb_int2; jsonb int4 ef jsonb_int4; jsonb int8 ef jsonb_int8; jsonb json ai -;
        jsonb numeric ef jsonb_numeric; lseg point ef lseg_center; macaddr macaddr8 if macaddrtomacaddr8;
        macaddr8 macaddr if macaddr8tomacaddr; money numeric af cash_numeric; name bpchar af name_bpchar;
        name text if name_text; name varchar af name_text; numeric float4 if numeric_float4;
        numeric float8 if numeric_float8; numeric int2 af numeric_int2; numeric int4 af numeric_int4;
        numeric int8 af numeric_int8; numeric money af numeric_cash; numrange nummultirange ef multirange_constructor1;
        oid int4 ab -; oid int8 af oidtoi8; oid regclass ib -; oid regcollation ib -; oid regconfig ib -;
        oid regdictionary ib -; oid regnamespace ib -; oid regoper ib -; oid regoperator ib -; oid regproc ib -;
        oid regprocedure ib -; oid regrole ib -; oid regtype ib -; path polygon af path_poly; pg_dependencies bytea ib -;
        pg_dependencies text ii -; pg_mcv_list bytea ib -; pg_mcv_list text ii -; pg_ndistinct bytea ib -;
        pg_ndistinct text ii -; pg_node_tree text ib -; point box af point_box; polygon box ef poly_box;
        polygon circle ef poly_circle; polygon path af poly_path; polygon point ef poly_center; regclass int4 ab -;
        regclass int8 af oidtoi8; regclass oid ib -; regcollation int4 ab -; regcollation int8 af oidtoi8;
        regcollation oid ib -; regconfig int4 ab -; regconfig int8 af oidtoi8; regconfig oid ib -;
        regdictionary int4 ab -; regdictionary int8 af oidtoi8; regdictionary oid ib -; regnamespace int4 ab -;
        regnamespace int8 af oidtoi8; regnamespace oid ib -; regoper int4 ab -; regoper int8 af oidtoi8;
        regoper oid ib -; regoper regoperator ib -; regoperator int4 ab -; regoperator int8 af oidtoi8;
        regoperator oid ib -; regoperator regoper ib -; regproc int4 ab -; regproc int8 af oidtoi8; regproc oid ib -;
        regproc regprocedure ib -; regprocedure int4 ab -; regprocedure int8 af oidtoi8; regprocedure oid ib -;
        regprocedure regproc ib -; regrole int4 ab -; regrole int8 af oidtoi8; regrole oid ib -; regtype int4 ab -;
        regtype int8 af oidtoi8; regtype oid ib -; text bpchar ib -; text char af text_char; text name if text_name;
        text regclass if text_regclass; text varchar ib -; text xml ef texttoxml; time interval if time_interval;
        time timetz if time_timetz; timestamp date af timestamp_date; timestamp time af timestamp_time;
        timestamp timestamptz if timestamp_timestamptz; timestamptz date af timestamptz_date;
        timestamptz time af timestamptz_time; timestamptz timestamp af timestamptz_timestamp;
        timestamptz timetz af timestamptz_timetz; timetz time af timetz_time;
        tsrange tsmultirange ef multirange_constructor1; tstzrange tstzmultirange ef multirange_constructor1;
        varbit bit ib -; varchar bpchar ib -; varchar char af text_char; varchar name if text_name;
        varchar regclass if text_regclass; varchar text ib -; varchar xml ef texttoxml; xid8 xid ef xid8toxid;
        xml bpchar ab -; xml text ab -; xml varchar ab -
        """
}
