import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.oauth2.sdk.ClientCredentialsGrant;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenIntrospectionRequest;
import com.nimbusds.oauth2.sdk.TokenIntrospectionResponse;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.as.AuthorizationServerMetadata;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.security.oauth2.client.endpoint.OAuth2ClientCredentialsGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientClientCredentialsTokenResponseClient;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2AuthorizationException;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.introspection.SpringOpaqueTokenIntrospector;
import org.springframework.web.client.RestClientResponseException;

/**
 * A Java service as a stranger to Mintmark: Nimbus and Spring Security get tokens and check them.
 * What it is told and what it prints is said in language.ts.
 */
class Stranger {
    static final String issuer = System.getenv("ISSUER");
    static final String secret = System.getenv("SECRET");
    static final List<String> methods = List.of("client_secret_basic", "client_secret_post");
    static AuthorizationServerMetadata metadata;

    interface GetToken {
        /** A token, or the error code after a "!". */
        String get(String method, String scope, String secret) throws Exception;
    }

    interface Verify {
        /** The subject of a good token. */
        Object subject(String token) throws Exception;
    }

    interface Verifier {
        Verify of(String api, String audience) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        metadata = AuthorizationServerMetadata.resolve(new Issuer(issuer));
        clients("Nimbus", Stranger::byNimbus);
        clients("Spring Security", Stranger::bySpring);
        verifiers("Nimbus", List.of("ES256", "RS256", "PS256"), Stranger::withNimbus);
        verifiers("Nimbus, introspection", List.of("ES256", "RS256", "opaque"), Stranger::withNimbusIntrospection);
        verifiers("Spring Security", List.of("ES256", "RS256", "PS256"), Stranger::withSpring);
        verifiers("Spring Security, introspection", List.of("ES256", "RS256", "opaque"), Stranger::withSpringIntrospection);
    }

    static void say(Object... namesAndValues) {
        Map<String, Object> line = JSONObjectUtils.newJSONObject();
        for (int at = 0; at < namesAndValues.length; at += 2) line.put((String) namesAndValues[at], namesAndValues[at + 1]);
        System.out.println(JSONObjectUtils.toJSONString(line));
    }

    static void clients(String client, GetToken getToken) throws Exception {
        for (String method : methods) {
            say("client", client, "method", method, "format", "jwt", "token", getToken.get(method, "use:ES256", secret));
            say("client", client, "method", method, "format", "opaque", "token", getToken.get(method, "use:opaque", secret));
            say("client", client, "method", method, "error", getToken.get(method, "use:ES256", "wrong").substring(1));
            say("client", client, "method", method, "error", getToken.get(method, "nosuch", secret).substring(1));
        }
    }

    static void verifiers(String verifier, List<String> apis, Verifier make) throws Exception {
        Map<String, Object> tokens = JSONObjectUtils.parse(System.getenv("TOKENS"));
        for (String api : apis) {
            Verify verify = make.of(api, "https://" + api.toLowerCase() + ".example");
            for (Map.Entry<String, Object> token : JSONObjectUtils.getJSONObject(tokens, api).entrySet()) {
                Object subject;
                try {
                    subject = verify.subject((String) token.getValue());
                } catch (Exception refusal) {
                    subject = null;
                }
                say("verifier", verifier, "api", api, "token", token.getKey(), "subject", subject);
            }
        }
    }

    static String byNimbus(String method, String scope, String secret) throws Exception {
        ClientID id = new ClientID("stranger");
        ClientAuthentication authentication = method.equals("client_secret_basic")
            ? new ClientSecretBasic(id, new Secret(secret))
            : new ClientSecretPost(id, new Secret(secret));
        TokenRequest request = new TokenRequest.Builder(metadata.getTokenEndpointURI(), authentication, new ClientCredentialsGrant())
            .scope(Scope.parse(scope)).build();
        TokenResponse response = TokenResponse.parse(request.toHTTPRequest().send());
        return response.indicatesSuccess()
            ? response.toSuccessResponse().getTokens().getAccessToken().getValue()
            : "!" + response.toErrorResponse().getErrorObject().getCode();
    }

    static String bySpring(String method, String scope, String secret) throws Exception {
        ClientRegistration registration = ClientRegistration.withRegistrationId("mintmark")
            .tokenUri(metadata.getTokenEndpointURI().toString())
            .clientId("stranger").clientSecret(secret).scope(scope)
            .clientAuthenticationMethod(new ClientAuthenticationMethod(method))
            .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS).build();
        try {
            return new RestClientClientCredentialsTokenResponseClient()
                .getTokenResponse(new OAuth2ClientCredentialsGrantRequest(registration)).getAccessToken().getTokenValue();
        } catch (OAuth2AuthorizationException refusal) {
            // It reads the error of a 400 only; of a 401 the answer is in the cause.
            return "!" + (refusal.getCause() instanceof RestClientResponseException answer
                ? JSONObjectUtils.getString(JSONObjectUtils.parse(answer.getResponseBodyAsString()), "error")
                : refusal.getError().getErrorCode());
        }
    }

    static Verify withNimbus(String api, String audience) throws Exception {
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt")));
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(
            JWSAlgorithm.parse(api), JWKSourceBuilder.create(metadata.getJWKSetURI().toURL()).build()));
        processor.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(
            audience, new JWTClaimsSet.Builder().issuer(issuer).build(), Set.of("sub", "iat", "exp", "client_id", "jti")));
        return token -> processor.process(token, null).getSubject();
    }

    static Verify withNimbusIntrospection(String api, String audience) {
        URI endpoint = metadata.getIntrospectionEndpointURI();
        ClientAuthentication authentication = new ClientSecretBasic(new ClientID("stranger"), new Secret(secret));
        return token -> {
            TokenIntrospectionResponse response = TokenIntrospectionResponse.parse(
                new TokenIntrospectionRequest(endpoint, authentication, new BearerAccessToken(token)).toHTTPRequest().send());
            var claims = response.toSuccessResponse();
            if (!claims.isActive()) throw new IllegalArgumentException("not active");
            if (claims.getAudience().stream().noneMatch(one -> one.getValue().equals(audience))) {
                throw new IllegalArgumentException("for another API");
            }
            return claims.getSubject().getValue();
        };
    }

    static Verify withSpring(String api, String audience) {
        NimbusJwtDecoder decoder = NimbusJwtDecoder.withJwkSetUri(metadata.getJWKSetURI().toString())
            .jwsAlgorithm(SignatureAlgorithm.from(api)).validateType(false).build();
        // Its word for RFC 9068.
        decoder.setJwtValidator(JwtValidators.createAtJwtValidator()
            .issuer(issuer).audience(audience).clientId("stranger").build());
        return token -> decoder.decode(token).getSubject();
    }

    static Verify withSpringIntrospection(String api, String audience) {
        SpringOpaqueTokenIntrospector introspector = SpringOpaqueTokenIntrospector
            .withIntrospectionUri(metadata.getIntrospectionEndpointURI().toString())
            .clientId("stranger").clientSecret(secret).build();
        return token -> {
            var principal = introspector.introspect(token);
            if (!((List<?>) principal.getAttribute("aud")).contains(audience)) throw new IllegalArgumentException("for another API");
            return principal.getAttribute("sub");
        };
    }
}
