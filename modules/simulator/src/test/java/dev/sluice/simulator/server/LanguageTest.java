package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.simulator.database.BackupHistory;
import dev.sluice.simulator.database.Databases;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.regional.Language;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.ClientLink;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.Login;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tds.SqlSession;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Languages of logins, and what text means as a date in them.
@Timeout(60)
class LanguageTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // text | mdy | dmy | ymd, each as datetime; 0 for an error
                "2026-03-04 10:00:00 | 2026-03-04 | 2026-04-03 | 2026-03-04",
                "2026-03-04 | 2026-03-04 | 2026-04-03 | 2026-03-04",
                "2026-03-13 | 2026-03-13 | 242 | 2026-03-13",
                "03/04/2026 | 2026-03-04 | 2026-04-03 | 2026-03-04",
                "4.3.2026 12:30 | 2026-04-03 | 2026-03-04 | 2026-04-03",
                "2026-03-04T10:00:00 | 2026-03-04 | 2026-03-04 | 2026-03-04",
                "2026-03-04T10:00:00.123Z | 2026-03-04 | 2026-03-04 | 2026-03-04",
                "20260304 | 2026-03-04 | 2026-03-04 | 2026-03-04",
                "20260304 10:00:00.123 | 2026-03-04 | 2026-03-04 | 2026-03-04",
                "2026-03-04T10:00 | 241 | 241 | 241",
                "2026-03-04T10:00:00.1234 | 241 | 241 | 241",
                "2026-03-04T10:00:00+01:00 | 241 | 241 | 241",
                "yesterday | 241 | 241 | 241"
            })
    void decidesWhatTextMeansAsADatetime(String text, String mdy, String dmy, String ymd) throws Exception {
        try (Bench bench = new Bench(options -> options)) {
            List<String> formats = List.of("mdy", "dmy", "ymd");
            List<String> expected = List.of(mdy, dmy, ymd);
            for (int i = 0; i < formats.size(); i++) {
                bench.ok("SET DATEFORMAT " + formats.get(i));
                String sql = "SELECT CONVERT(nvarchar(10), CAST('%s' AS datetime), 120)".formatted(text);
                List<Integer> errors = bench.errors(sql);
                assertThat(errors.isEmpty() ? bench.value(sql) : String.valueOf(errors.getFirst()))
                        .as("%s under %s", text, formats.get(i))
                        .isEqualTo(expected.get(i));
            }
        }
    }

    @Test
    void doesNotConfuseTheYoungerTypesWhereTheYearComesFirst() throws Exception {
        try (Bench bench = new Bench(options -> options.withLanguage(Language.GERMAN))) {
            for (String type : List.of("date", "datetime2", "datetimeoffset")) {
                String sql = "SELECT CONVERT(nvarchar(10), CAST(CAST('%s' AS %s) AS datetime2), 120)";
                assertThat(bench.value(sql.formatted("2026-03-04", type))).isEqualTo("2026-03-04");
                assertThat(bench.value(sql.formatted("04.03.2026", type))).isEqualTo("2026-03-04");
                bench.ok("SET DATEFORMAT ydm");
                assertThat(bench.errors(sql.formatted("2026-03-04", type))).containsExactly(241);
                bench.ok("SET LANGUAGE Deutsch");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void comesWithTheLoginAndIsToldToTheClient(Language language) throws Exception {
        try (Bench bench =
                new Bench(options -> options.withLogin(new ServerOptions.Login("agent", "Secret!1", true, language)))) {
            try (Connection connection = DriverManager.getConnection(bench.server.jdbcUrl(), "agent", "Secret!1");
                    Statement statement = connection.createStatement()) {
                var rows = statement.executeQuery("SELECT @@LANGUAGE, @@LANGID, @@DATEFIRST");
                rows.next();
                assertThat(rows.getString(1)).isEqualTo(language.text());
                assertThat(rows.getInt(2)).isEqualTo(language.id());
                assertThat(rows.getInt(3)).isEqualTo(language.firstDay());
            }
            assertThat(bench.value("SELECT @@LANGUAGE")).isEqualTo("us_english");
            assertThat(bench.ok("SET LANGUAGE N'%s'".formatted(language.alias()))
                            .messages())
                    .extracting(SqlMessage::number, SqlMessage::text)
                    .containsExactly(tuple(5703, "Changed language setting to %s.".formatted(language.text())));
            assertThat(bench.value("SELECT @@LANGUAGE")).isEqualTo(language.text());
        }
    }

    @ParameterizedTest
    @CsvSource({"German, Deutsch", "Klingon, Français", "'', Français"})
    void isWhatTheClientAsksForIfThereIsSuchALanguage(String asked, String spoken) {
        Instance instance = new Instance(
                ServerOptions.of(new InProcessVdi()).withLanguage(Language.FRENCH),
                new Databases(LocalDateTime.of(2026, 3, 1, 10, 0), Collation.DEFAULT),
                new BackupHistory(),
                new Certificates(Collation.DEFAULT, List.of()),
                ServerObjects.of(ServerOptions.of(new InProcessVdi()).withLanguage(Language.FRENCH), null),
                null);
        Login client = new Login(51, "sa", "", "", "", "", "", asked, false, false);
        ServerOptions.Login login = new ServerOptions.Login("sa", "", true);
        ClientLink nobody = new ClientLink() {
            @Override
            public void kill() {}

            @Override
            public void drop() {}

            @Override
            public void delayAttention(Duration delay) {}
        };

        assertThat(new Session(instance, client, login, nobody).language()).isEqualTo(spoken);
    }

    @Test
    void isRefusedWhenNobodySpeaksIt() throws Exception {
        try (Bench bench = new Bench(options -> options)) {
            assertThat(bench.errors("SET LANGUAGE Klingon")).containsExactly(2740);
            assertThat(bench.errors("DECLARE @f nvarchar(9) = 'yy'; SET DATEFORMAT @f"))
                    .containsExactly(2741);
            assertThat(bench.value("SELECT @@LANGUAGE")).isEqualTo("us_english");
        }
    }

    @Test
    void decidesWhereAStopatStops() throws Exception {
        try (Bench bench = Bench.withSales()) {
            // March 4th and April 3rd: the same digits.
            bench.later(Duration.between(bench.time(), LocalDateTime.of(2026, 3, 4, 9, 0)));
            List<byte[]> full = bench.backUp("DATABASE [Sales]", 1, "");
            bench.work("Sales", 3, 1);
            Map<Long, Long> march = bench.server.pageVersions("Sales");
            bench.later(Duration.between(bench.time(), LocalDateTime.of(2026, 4, 2, 9, 0)));
            bench.work("Sales", 3, 2);
            Map<Long, Long> april = bench.server.pageVersions("Sales");
            bench.later(Duration.ofDays(10));
            bench.work("Sales", 3, 3);
            List<byte[]> log = bench.backUp("LOG [Sales]", 1, "");

            for (String language : List.of("us_english", "German", "Français", "British", "Turkish", "Svenska")) {
                bench.ok("SET LANGUAGE N'%s'".formatted(language));
                boolean dayFirst =
                        Language.named(language).orElseThrow().dates().isDayFirst();
                for (String stop : List.of("2026-03-04 10:00:00", "2026-03-04T10:00:00", "20260304 10:00:00")) {
                    bench.restored("DATABASE [Copy]", full, Bench.moved("Copy", "NORECOVERY, REPLACE"));
                    bench.restored("LOG [Copy]", log, "STOPAT = N'%s', RECOVERY".formatted(stop));

                    boolean misread = dayFirst && stop.startsWith("2026-03-04 ");
                    assertThat(bench.server.pageVersions("Copy"))
                            .as("%s in %s", stop, language)
                            .isEqualTo(misread ? april : march);
                }
            }
        }
    }

    @Test
    void isTheLoginsAgainWhenAPoolResetsTheSession() throws Exception {
        try (Bench bench = new Bench(options -> options.withLanguage(Language.FRENCH));
                SqlSession session = bench.server.open(41)) {
            CollectedResponse changed = new CollectedResponse();
            session.execute(Batch.of("SET LANGUAGE us_english; SET DATEFORMAT ymd"), changed, new Cancellation());
            assertThat(changed.errors()).isEmpty();

            session.reset(false, new CollectedResponse());

            assertThat(session.language()).isEqualTo("Français");
            CollectedResponse date = new CollectedResponse();
            session.execute(
                    Batch.of("SELECT CONVERT(nvarchar(10), CAST('2026-03-04' AS datetime), 120)"),
                    date,
                    new Cancellation());
            assertThat(date.statements().getFirst().rows().getFirst().getFirst())
                    .isEqualTo("2026-04-03");
        }
    }
}
