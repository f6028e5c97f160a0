package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxVdiTest {

    @TempDir
    Path directory = Path.of("");

    @Test
    void saysThatAConfiguredLibraryDoesNotExist() {
        assertThatThrownBy(() -> LinuxVdi.open(Path.of("/nowhere/libsqlvdi.so"), Map.of()))
                .isInstanceOf(VdiUnavailableException.class)
                .hasMessageContaining("/nowhere/libsqlvdi.so (configured): there is no such file")
                .hasMessageNotContaining("/opt/mssql");
    }

    @Test
    void namesEveryPlaceThatItTried() {
        Assumptions.assumeFalse(Files.exists(LinuxVdi.USUAL_PLACE), "SQL Server is installed here");

        assertThatThrownBy(() -> LinuxVdi.open(
                        null,
                        Map.of(
                                "SLUICE_VDI_LIBRARY", "/elsewhere/libsqlvdi.so",
                                "LD_LIBRARY_PATH", "/first:/second/lib:")))
                .isInstanceOf(VdiUnavailableException.class)
                .hasMessageContaining("/elsewhere/libsqlvdi.so (SLUICE_VDI_LIBRARY)")
                .hasMessageContaining("/opt/mssql/lib/libsqlvdi.so (usual place)")
                .hasMessageContaining("/first/libsqlvdi.so (LD_LIBRARY_PATH): there is no such file")
                .hasMessageContaining("/second/lib/libsqlvdi.so (LD_LIBRARY_PATH)")
                .hasMessageContaining("vdi.library");
    }

    @Test
    void takesAFolderForTheLibraryInIt() {
        assertThatThrownBy(() -> LinuxVdi.open(directory, Map.of()))
                .hasMessageContaining(directory.resolve("libsqlvdi.so") + " (configured): there is no such file");
    }

    /// An unusable library in one place must not hide a usable one in the next.
    @Test
    void goesOnToTheNextPlaceWhenOneIsUseless() throws Exception {
        Assumptions.assumeFalse(Files.exists(LinuxVdi.USUAL_PLACE), "SQL Server is installed here");
        Path text = Files.writeString(directory.resolve("text.so"), "not a library");
        Path folder = Files.createDirectory(directory.resolve("lib"));
        Files.move(compile(source("") + "void _ZN22ClientVirtualDeviceSetC2Ev() {}"), folder.resolve("libsqlvdi.so"));

        LinuxVdi vdi = LinuxVdi.open(
                null, Map.of("SLUICE_VDI_LIBRARY", text.toString(), "LD_LIBRARY_PATH", folder.toString()));

        assertThat(vdi.library()).isEqualTo(folder.resolve("libsqlvdi.so"));
    }

    @Test
    void saysWhyAFileIsNoLibrary() throws IOException {
        Path text = Files.writeString(directory.resolve("libsqlvdi.so"), "not a library");

        assertThatThrownBy(() -> LinuxVdi.open(text, Map.of()))
                .isInstanceOf(VdiUnavailableException.class)
                .hasMessageContaining(text.toString())
                .hasMessageContaining("file too short");
    }

    @Test
    void namesTheFunctionsThatAnotherLibraryLacks() {
        Path other = Path.of("/lib/x86_64-linux-gnu/libm.so.6");
        Assumptions.assumeTrue(Files.exists(other), "no libm at " + other);

        assertThatThrownBy(() -> LinuxVdi.open(other, Map.of()))
                .hasMessageContaining("it lacks ClientVirtualDeviceSet::ClientVirtualDeviceSet()")
                .hasMessageContaining("ClientVirtualDevice::GetCommand(long, VDC_Command**)");
    }

    @Test
    void namesTheOneFunctionThatIsMissing() throws Exception {
        Path library = compile(source("SignalAbort"));

        assertThatThrownBy(() -> LinuxVdi.open(library, Map.of()))
                .hasMessageContaining(
                        "it lacks ClientVirtualDeviceSet::SignalAbort() (_ZN22ClientVirtualDeviceSet11SignalAbortEv)")
                .hasMessageNotContaining("ClientVirtualDeviceSet::Close()");
    }

    /// A constructor has two symbols, and a library may export either.
    @Test
    void takesTheOtherSymbolOfAConstructor() throws Exception {
        Path library = compile(source("") + "void _ZN22ClientVirtualDeviceSetC2Ev() {}");

        assertThat(LinuxVdi.open(library, Map.of()).description()).contains(library.toString());
    }

    /// All functions but the one of this name, and but the constructor's first symbol if none is named.
    private static String source(String without) {
        StringBuilder source = new StringBuilder();
        for (String symbol : new String[] {
            "_ZN22ClientVirtualDeviceSetC1Ev",
            "_ZN22ClientVirtualDeviceSetD1Ev",
            "_ZN22ClientVirtualDeviceSet6CreateEPcP8VDConfig",
            "_ZN22ClientVirtualDeviceSet16GetConfigurationElP8VDConfig",
            "_ZN22ClientVirtualDeviceSet10OpenDeviceEPcPP19ClientVirtualDevice",
            "_ZN22ClientVirtualDeviceSet5CloseEv",
            "_ZN22ClientVirtualDeviceSet11SignalAbortEv",
            "_ZN22ClientVirtualDeviceSet15OpenInSecondaryEPc",
            "_ZN22ClientVirtualDeviceSet15GetBufferHandleEPhPj",
            "_ZN22ClientVirtualDeviceSet15MapBufferHandleEiPPh",
            "_ZN19ClientVirtualDevice10GetCommandElPP11VDC_Command",
            "_ZN19ClientVirtualDevice15CompleteCommandEP11VDC_Commandiml"
        }) {
            boolean left = without.isEmpty() ? symbol.contains("C1Ev") : symbol.contains(without);
            if (!left) {
                source.append("void ").append(symbol).append("() {}\n");
            }
        }
        return source.toString();
    }

    private Path compile(String source) throws Exception {
        Path file = Files.writeString(directory.resolve("stub.c"), source);
        Path library = directory.resolve("libstub.so");
        Process compiler;
        try {
            compiler = new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), file.toString())
                    .inheritIO()
                    .start();
        } catch (IOException e) {
            Assumptions.abort("no C compiler: " + e.getMessage());
            throw e;
        }
        assertThat(compiler.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(compiler.exitValue()).isZero();
        return library;
    }
}
