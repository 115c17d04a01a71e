import SealaneFleet
import SealanePacket
import SealaneTunnel

/// The agent section: this host's end of the tunnel.
extension ConfigurationDecoder {
    /// RFC 8200 section 5: a link that carries IPv6 carries packets of this size.
    private static var leastMTU: Int { 1280 }

    /// The agent section as far as it could be read. The rest of the file is checked against it.
    struct PartialAgent {
        let listen: Endpoint?
        let addresses: [IPPrefix]?
        let complete: Configuration.Agent?

        init(_ section: ConfigurationSection) {
            let interface = section.value("interface", interfaceName)
            let listening = section.required("listen", ValueParser.listenEndpoint)
            listen = listening?.endpoint
            addresses = section.requiredList("addresses", ValueParser.interfaceAddress)
            let isEphemeral = section.value("ephemeral", flag) ?? false
            let key = Self.privateKeyFile(section, isEphemeral: isEphemeral)
            let generatesKeys = section.value("generate-keys", flag) ?? false
            let state = section.value("state-directory", ValueParser.absolutePath)
            let socket = section.value("control-socket", socketPath)
            let overhead = TunnelLimits.overhead(overIPv4: listen?.address.isIPv4 ?? true)
            let mtu = section.value("mtu") { text throws(TextProblem) in
                try number(text, in: leastMTU...TunnelLimits.greatestUnderlayMTU - overhead, of: "MTU")
            }
            guard let listen, let addresses, key != nil || isEphemeral else {
                complete = nil
                return
            }
            complete = Configuration.Agent(
                interface: interface ?? "sealane0", listen: listen, listenZone: listening?.zone, addresses: addresses,
                privateKeyFile: key,
                generatesKeys: generatesKeys, stateDirectory: state ?? "/var/lib/sealane",
                controlSocket: socket ?? "/run/sealane/control.sock",
                mtu: mtu)
        }

        private static func privateKeyFile(_ section: ConfigurationSection, isEphemeral: Bool) -> String? {
            guard isEphemeral else { return section.required("private-key-file", ValueParser.keyFilePath) }
            if section.has("private-key-file") {
                section.report(
                    "an ephemeral key is stored in no file; expected private-key-file or ephemeral, not both",
                    at: "private-key-file")
            }
            return nil
        }
    }

    /// Reports contradictions among this host's own addresses, and between them and the listen address.
    static func checkOverlay(_ agent: PartialAgent, _ findings: ConfigurationFindings) {
        guard let addresses = agent.addresses else { return }
        for (index, prefix) in addresses.enumerated() {
            if let first = addresses.prefix(index).firstIndex(where: { $0.address == prefix.address }) {
                findings.report(
                    "\(prefix.address) is already an address of this host", at: "agent.addresses[\(index)]",
                    against: "agent.addresses[\(first)]", remedy: "expected each address once")
            }
            if let listen = agent.listen, prefix.contains(listen.address) {
                findings.report(
                    "\(listen) lies inside this host's overlay network \(prefix.network)", at: "agent.listen",
                    against: "agent.addresses[\(index)]",
                    remedy: "a tunnel cannot carry itself: expected this host's underlay address")
            }
        }
    }
}
