import FoundationEssentials

extension ClosedRange<Date> {
    /// Whether less than a third of a certificate's validity is left, so that it is time to renew the certificate.
    package func endsSoon(at now: Date) -> Bool {
        upperBound.timeIntervalSince(now) < upperBound.timeIntervalSince(lowerBound) / 3
    }
}
