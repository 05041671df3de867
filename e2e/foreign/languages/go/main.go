// A Go service as a stranger to Mintmark: golang.org/x/oauth2 gets tokens, go-oidc discovers the issuer and checks them.
// What it is told and what it prints is said in language.ts.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

type line map[string]any

func say(values line) {
	text, _ := json.Marshal(values)
	fmt.Println(string(text))
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
	}
	get := func(style oauth2.AuthStyle, scope, secret string) (*oauth2.Token, error) {
		config := clientcredentials.Config{
			ClientID:     "stranger",
			ClientSecret: secret,
			TokenURL:     provider.Endpoint().TokenURL,
			Scopes:       []string{scope},
			AuthStyle:    style,
		}
		return config.Token(ctx)
	}
	const client = "golang.org/x/oauth2"
	for method, style := range styles {
		for format, scope := range map[string]string{"jwt": "use:ES256", "opaque": "use:opaque"} {
			token, err := get(style, scope, os.Getenv("SECRET"))
			if err != nil {
				log.Fatalf("%s %s: %v", method, scope, err)
			}
			say(line{"client": client, "method": method, "format": format, "token": token.AccessToken})
		}
		for scope, secret := range map[string]string{"use:ES256": "wrong", "nosuch": os.Getenv("SECRET")} {
			_, err := get(style, scope, secret)
			var refusal *oauth2.RetrieveError
			if errors.As(err, &refusal) {
				say(line{"client": client, "method": method, "error": refusal.ErrorCode})
			}
		}
	}

	var tokens map[string]map[string]string
	if err := json.Unmarshal([]byte(os.Getenv("TOKENS")), &tokens); err != nil {
		log.Fatal(err)
	}
	for _, api := range []string{"ES256", "RS256", "PS256", "EdDSA"} {
		audience := "https://" + strings.ToLower(api) + ".example"
		verifiers := map[string]*oidc.IDTokenVerifier{
			"go-oidc, told the algorithm":     provider.Verifier(&oidc.Config{ClientID: audience, SupportedSigningAlgs: []string{api}}),
			"go-oidc, told the audience only": provider.Verifier(&oidc.Config{ClientID: audience}),
		}
		for name, verifier := range verifiers {
			for what, token := range tokens[api] {
				var subject any
				if verified, err := verifier.Verify(ctx, token); err == nil {
					subject = verified.Subject
				}
				say(line{"verifier": name, "api": api, "token": what, "subject": subject})
			}
		}
	}
}
