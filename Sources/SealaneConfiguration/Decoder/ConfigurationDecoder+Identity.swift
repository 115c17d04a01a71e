import SealaneFleet
import SealaneIdentity

/// The identity section: the authorities, the revocation list, and the certificate that this host presents.
extension ConfigurationDecoder {
    static func identity(
        _ section: ConfigurationSection, _ fleetName: String?, _ findings: ConfigurationFindings
    ) -> Configuration.Identity? {
        do throws(IdentityProblem) {
            _ = try TrustDomain(fleet: fleetName ?? defaultFleetName)
        } catch {
            findings.report("\(error)", at: "fleet.name")
        }
        let trust = section.required("trust-file", ValueParser.absolutePath)
        let certificate = section.value("certificate-file", ValueParser.absolutePath)
        let key = section.value("key-file", ValueParser.absolutePath)
        let revocations = section.value("revocations-file", ValueParser.absolutePath)
        if section.has("certificate-file") != section.has("key-file") {
            section.report("identity has only one of certificate-file and key-file; expected both, or neither")
        }
        let maximumAge = section.value("revocations-max-age") { text throws(TextProblem) in try duration(text) }
        let refusesStale = section.value(
            "revocations-stale", choice([("warn", false), ("refuse", true)], of: "a possible setting"))
        if !section.has("revocations-file") {
            for key in ["revocations-max-age", "revocations-stale"] where section.has(key) {
                section.report(
                    "\(key) needs a revocation list; expected identity.revocations-file", at: key)
            }
        }
        guard let trust else { return nil }
        let own = certificate.flatMap { certificate in
            key.map { Configuration.Identity.Own(certificateFile: certificate, keyFile: $0) }
        }
        var identity = Configuration.Identity(trustFile: trust, own: own, revocationsFile: revocations)
        if let maximumAge { identity.revocationsMaximumAge = maximumAge }
        identity.refusesStaleRevocations = refusesStale ?? false
        return identity
    }
}
