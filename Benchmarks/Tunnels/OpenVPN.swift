import NetworkLab
import TestSupport

extension Tunnel {
    /// AES-256-GCM, peer to peer, one packet in each datagram.
    static func openVPN(in lab: Lab) async throws -> Tunnel {
        var fingerprints: [String] = []
        var setup: [String] = []
        for host in 1...2 {
            let command = """
                cd \(lab.path("")); umask 077
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=host\(host) \
                    -keyout openvpn-\(host).key -out openvpn-\(host).crt 2>/dev/null
                openssl x509 -in openvpn-\(host).crt -noout -fingerprint -sha256
                """
            let text = try await lab.run(0, ["sh", "-ec", command])
            guard let fingerprint = text.split(separator: "=").last else {
                throw Failure("openssl printed no fingerprint: \(text)")
            }
            fingerprints.append(fingerprint.trimmingCharacters(in: .whitespacesAndNewlines))
            setup.append(lab.withoutScratchPath(command))
        }
        var agents: [Program] = []
        for host in 1...2 {
            let other = 3 - host
            let configuration = """
                dev tun0
                dev-type tun
                proto udp4
                local 10.77.0.\(host)
                lport 1194
                remote 10.77.0.\(other) 1194
                ifconfig 10.81.0.\(host) 10.81.0.\(other)
                \(host == 1 ? "tls-client" : "tls-server\ndh none")
                cert \(lab.path("openvpn-\(host).crt"))
                key \(lab.path("openvpn-\(host).key"))
                peer-fingerprint \(fingerprints[other - 1])
                data-ciphers AES-256-GCM
                tun-mtu \(mtu)
                mssfix 0
                sndbuf 4194304
                rcvbuf 4194304
                txqueuelen 1000
                fast-io
                disable-dco
                verb 3

                """
            let path = try lab.network.directory.write(configuration, to: "openvpn-\(host).conf")
            agents.append(try lab.network.start(host - 1, ["openvpn", "--config", path]))
            setup.append(lab.withoutScratchPath("openvpn --config \(path)\n\(configuration)"))
        }
        let programs = agents
        return Tunnel(
            address: "10.81.0.2", agents: agents, setup: setup,
            facts: {
                for program in programs {
                    guard program.output.contains("Data Channel: cipher 'AES-256-GCM'") else {
                        throw Failure("OpenVPN does not use AES-256-GCM: \(program.lastLines)")
                    }
                }
                return []
            })
    }
}
