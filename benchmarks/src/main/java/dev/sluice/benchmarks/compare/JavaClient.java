package dev.sluice.benchmarks.compare;

/// A client that is written in Java and runs in a process of its own: `JavaClient NAME upload|download JOB…`.
interface JavaClient {

    void upload(Job job) throws Exception;

    void download(Job job) throws Exception;

    static void main(String[] args) throws Exception {
        JavaClient client = switch (args[0]) {
            case "raw-netty" -> new RawNettyClient(false);
            case "floor" -> new RawNettyClient(true);
            case "sluice", "sluice-jdk-tls" -> new SluiceClient(false);
            case "sluice-checksums" -> new SluiceClient(true);
            case "sdk-multipart" -> new SdkClient(SdkClient.Kind.MULTIPART);
            case "sdk-transfer-manager" -> new SdkClient(SdkClient.Kind.TRANSFER_MANAGER);
            case "sdk-crt" -> new SdkClient(SdkClient.Kind.CRT);
            default -> throw new IllegalArgumentException("no client " + args[0]);
        };
        Job job = Job.parse(args, 2);
        if (args[1].equals("upload")) {
            client.upload(job);
        } else {
            client.download(job);
        }
        // Threads of other people's clients must not decide when the process has ended.
        System.exit(0);
    }
}
