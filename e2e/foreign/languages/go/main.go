// A Go service as a stranger to Mintmark: golang.org/x/oauth2 gets tokens, go-oidc discovers the issuer and verifies.
// Prints one JSON object a token: {"style", "scope", "seconds", "verified"}.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/url"
	"os"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

type result struct {
	Style    string `json:"style"`
	Scope    string `json:"scope"`
	Seconds  int    `json:"seconds"`
	Verified string `json:"verified"`
}

func main() {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		log.Fatal(err)
	}
	styles := map[string]oauth2.AuthStyle{
		"client_secret_basic": oauth2.AuthStyleInHeader,
		"client_secret_post":  oauth2.AuthStyleInParams,
		"auto-detected":       oauth2.AuthStyleAutoDetect,
	}
	for name, style := range styles {
		for scope, audience := range map[string]string{
			"use:ES256": "https://es256.example",
			"use:RS256": "https://rs256.example",
			"use:PS256": "https://ps256.example",
			"use:EdDSA": "https://eddsa.example",
		} {
			config := clientcredentials.Config{
				ClientID:       "stranger",
				ClientSecret:   os.Getenv("SECRET"),
				TokenURL:       provider.Endpoint().TokenURL,
				Scopes:         []string{scope},
				EndpointParams: url.Values{"resource": {audience}},
				AuthStyle:      style,
			}
			token, err := config.Token(ctx)
			if err != nil {
				log.Fatalf("%s %s: %v", name, scope, err)
			}
			verifier := provider.VerifierContext(ctx, &oidc.Config{
				ClientID:             audience,
				SupportedSigningAlgs: []string{oidc.ES256, oidc.RS256, oidc.PS256, oidc.EdDSA},
			})
			verified, err := verifier.Verify(ctx, token.AccessToken)
			if err != nil {
				log.Fatalf("%s %s: %v", name, scope, err)
			}
			line, _ := json.Marshal(result{name, scope, int(time.Until(token.Expiry).Seconds() + 0.5), verified.Subject})
			fmt.Println(string(line))
		}
	}
	wrong := clientcredentials.Config{ClientID: "stranger", ClientSecret: "wrong", TokenURL: provider.Endpoint().TokenURL}
	_, err = wrong.Token(ctx)
	if refusal, ok := err.(*oauth2.RetrieveError); ok {
		line, _ := json.Marshal(map[string]any{"error": refusal.ErrorCode, "status": refusal.Response.StatusCode})
		fmt.Println(string(line))
	}
}
