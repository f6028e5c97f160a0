package dev.sluice.engine.files;

import java.nio.file.Path;
import java.util.List;

/// A backup's plain files.
///
/// @param files one a stripe, in the order of the devices
/// @param bytes of all of them
public record FetchResult(List<Path> files, long bytes) {
    public FetchResult {
        files = List.copyOf(files);
    }
}
