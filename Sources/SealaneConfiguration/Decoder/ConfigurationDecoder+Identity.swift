import SealaneFleet
import SealaneIdentity

/// The identity section: whose certificates count, what is revoked, and which certificate this host presents.
extension ConfigurationDecoder {
    static func identity(
        _ section: ConfigurationSection, _ fleetName: String?, _ findings: ConfigurationFindings
    ) -> Configuration.Identity? {
        do throws(IdentityProblem) {
            _ = try TrustDomain(fleet: fleetName ?? defaultFleetName)
        } catch {
            findings.report("\(error)", at: "fleet.name")
        }
        let trust = section.required("trust-file", OperatorText.absolutePath)
        let certificate = section.value("certificate-file", OperatorText.absolutePath)
        let key = section.value("key-file", OperatorText.absolutePath)
        let revocations = section.value("revocations-file", OperatorText.absolutePath)
        if section.has("certificate-file") != section.has("key-file") {
            section.report("identity needs certificate-file and key-file, or neither: it has one of the two")
        }
        let maximumAge = section.value("revocations-max-age") { text throws(TextProblem) in try duration(text) }
        let refusesStale = section.value(
            "revocations-stale", choice([("warn", false), ("refuse", true)], of: "a possible setting"))
        if !section.has("revocations-file") {
            for key in ["revocations-max-age", "revocations-stale"] where section.has(key) {
                section.report(
                    "\(key) is about a revocation list, and none is named; expected identity.revocations-file", at: key)
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
