import FoundationEssentials

extension ClosedRange<Date> {
    /// Of a certificate's validity: whether less than a third of it is left, and it is time to renew the certificate.
    package func endsSoon(at now: Date) -> Bool {
        upperBound.timeIntervalSince(now) < upperBound.timeIntervalSince(lowerBound) / 3
    }
}
