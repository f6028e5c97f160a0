package dev.sluice.sidecar.notify;

/// What came of one attempt.
sealed interface Delivery {

    /// What the receiver answered, or why there is no answer; never holds a URL or a secret.
    String answer();

    /// The receiver has it.
    record Delivered(String answer) implements Delivery {}

    /// Some of the recipients behind the receiver have it, or may have it, and the others never will.
    record Partial(String answer) implements Delivery {}

    /// Some of the recipients behind the receiver have it, or may have it, and the others may take it later. What
    /// is given up then is no loss of the whole notification.
    record PutOff(String answer) implements Delivery {}

    /// The receiver does not want it, and would not want it later either.
    record Refused(String answer) implements Delivery {}

    /// The receiver has refused the login, and would refuse it for every other notification, too.
    record Denied(String answer) implements Delivery {}

    /// The receiver cannot take it now.
    record Unavailable(String answer) implements Delivery {}
}
