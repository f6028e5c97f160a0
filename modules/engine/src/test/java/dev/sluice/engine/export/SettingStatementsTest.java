package dev.sluice.engine.export;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// No password in a provider string gets into a script.
class SettingStatementsTest {

    @Test
    void aPlainPasswordAloneIsLeftOut() {
        assertThat(SettingStatements.withoutPassword("Encrypt=yes;PWD=hidden;x=1"))
                .isEqualTo("Encrypt=yes;PWD=?;x=1");
        assertThat(SettingStatements.withoutPassword("a=1;Password = hidden")).isEqualTo("a=1;Password =?");
        assertThat(SettingStatements.withoutPassword("a={b;c};Encrypt=yes")).isEqualTo("a={b;c};Encrypt=yes");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a=1;PWD=\"hid;den\";x=1",
                "a=1;PWD={a}}hid;den};x=1",
                "a=1;PWD=\"a\"\"hid;den\";x=1",
                "a=1;PWD='hid;den';x=1",
                "a=1;PWD=hid\"x;den\";x=1",
                "a=1;PWD={hid;den",
                "a=1;b=\"PWD=hid;den\"",
                "a=1;b={x;PWD=hid;den}",
                "a=1;Jet OLEDB:Database Password=hid;Password={;den}",
                "UserPwd=hid;Pass word='den'"
            })
    void whereItsEndIsInDoubtTheRestIsLeftOut(String text) {
        assertThat(SettingStatements.withoutPassword(text))
                .doesNotContain("hid", "den")
                .contains("=?");
    }
}
