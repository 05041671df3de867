import 'reflect-metadata'
import { protect, type VerifiedToken } from '@mintmark/resource-server'
import { requireToken, serveMetadata, tokenDecorator } from '@mintmark/resource-server/nestjs'
import { Controller, Delete, Get, HttpCode, Module, Param, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

const {
  ISSUER = 'http://localhost:6749/default/demo',
  AUDIENCE = 'https://weather.example',
  PORT = '6752',
} = process.env
const api = protect({
  issuer: ISSUER,
  audience: AUDIENCE,
  metadata: { scopes: ['weather:read', 'weather:write'] },
  onRefusal: ({ check }) => console.error('refused:', check),
})

const Token = tokenDecorator(api)

@Controller()
class WeatherController {
  @Get('health')
  health() {
    return { ok: true }
  }

  @Get('weather/:city')
  @UseGuards(requireToken(api, ['weather:read']))
  show(@Param('city') city: string, @Token() token: VerifiedToken) {
    return { city, askedBy: token.clientId }
  }

  @Delete('weather/:city')
  @HttpCode(204)
  @UseGuards(requireToken(api, { any: ['weather:write', 'weather:admin'] }))
  remove() {}
}

@Module({ controllers: [WeatherController] })
class WeatherModule {}

const app = await NestFactory.create(WeatherModule, { logger: ['error', 'warn'] })
app.use(serveMetadata(api))
await app.listen(Number(PORT), '127.0.0.1')
console.log(`listening on http://127.0.0.1:${PORT}`)
