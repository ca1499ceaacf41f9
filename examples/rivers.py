"""Rivers between the Vosges and the sea, as lines between towns on their banks: latitude, longitude, in the order of the stream.

Drawn by hand for these maps from the positions of towns, bridges and confluences, which are facts; no data set was copied.
Good to about a kilometre in Ile-de-France, to several elsewhere. Part of dcrisk, under its licence.
"""

RIVERS = {
    "Seine": [
        (48.297, 4.074),  # Troyes
        (48.493, 3.500),  # Nogent-sur-Seine
        (48.416, 3.240),  # Bray-sur-Seine
        (48.386, 2.953),  # Montereau
        (48.398, 2.805),  # Champagne-sur-Seine
        (48.425, 2.755),  # Samois
        (48.483, 2.763),  # Fontaine-le-Port
        (48.530, 2.680),  # Vaux-le-Penil
        (48.537, 2.655),  # Melun
        (48.520, 2.590),  # Boissise
        (48.545, 2.530),  # Saint-Fargeau
        (48.612, 2.483),  # Corbeil
        (48.645, 2.453),  # Soisy
        (48.660, 2.415),  # Ris-Orangis
        (48.690, 2.390),  # Juvisy
        (48.712, 2.415),  # Ablon
        (48.732, 2.440),  # Villeneuve-Saint-Georges
        (48.765, 2.415),  # Choisy-le-Roi
        (48.790, 2.413),  # Vitry
        (48.815, 2.411),  # confluence with the Marne
        (48.831, 2.387),  # Bercy
        (48.845, 2.366),  # Austerlitz
        (48.857, 2.341),  # Cite
        (48.864, 2.318),  # Concorde
        (48.863, 2.297),  # Alma
        (48.850, 2.280),  # Grenelle
        (48.829, 2.257),  # Issy
        (48.825, 2.228),  # Sevres
        (48.843, 2.222),  # Saint-Cloud
        (48.870, 2.228),  # Suresnes
        (48.885, 2.250),  # Neuilly
        (48.902, 2.272),  # Levallois
        (48.911, 2.298),  # Clichy
        (48.921, 2.328),  # Saint-Ouen
        (48.938, 2.342),  # Saint-Denis
        (48.953, 2.310),  # Epinay
        (48.942, 2.250),  # Argenteuil
        (48.922, 2.215),  # Bezons
        (48.900, 2.190),  # Nanterre
        (48.880, 2.158),  # Rueil
        (48.865, 2.138),  # Bougival
        (48.895, 2.105),  # Le Pecq
        (48.945, 2.150),  # Maisons-Laffitte
        (48.985, 2.095),  # Conflans
        (48.984, 2.070),  # confluence with the Oise
        (48.933, 2.043),  # Poissy
        (48.978, 2.000),  # Triel
        (49.005, 1.908),  # Meulan
        (48.992, 1.718),  # Mantes
        (49.080, 1.640),  # La Roche-Guyon
        (49.093, 1.485),  # Vernon
        (49.245, 1.405),  # Les Andelys
        (49.305, 1.165),  # Pont-de-l'Arche
        (49.440, 1.085),  # Rouen
        (49.480, 0.760),  # Villequier
        (49.430, 0.230),  # Honfleur
    ],
    "Marne": [
        (48.640, 4.950),  # Saint-Dizier
        (48.725, 4.585),  # Vitry-le-Francois
        (48.957, 4.365),  # Chalons
        (49.045, 3.955),  # Epernay
        (49.080, 3.650),  # Dormans
        (49.040, 3.400),  # Chateau-Thierry
        (48.950, 3.130),  # La Ferte-sous-Jouarre
        (48.958, 2.885),  # Meaux
        (48.895, 2.830),  # Conde
        (48.878, 2.706),  # Lagny
        (48.870, 2.640),  # Vaires
        (48.862, 2.575),  # Gournay
        (48.848, 2.515),  # Neuilly-sur-Marne
        (48.833, 2.490),  # Nogent
        (48.820, 2.475),  # Joinville
        (48.815, 2.510),  # Champigny
        (48.795, 2.525),  # Chennevieres
        (48.778, 2.495),  # Bonneuil
        (48.785, 2.472),  # Creteil
        (48.805, 2.455),  # Maisons-Alfort
        (48.815, 2.411),  # confluence with the Seine
    ],
    "Oise": [
        (49.660, 3.370),  # La Fere
        (49.580, 3.000),  # Noyon
        (49.415, 2.825),  # Compiegne
        (49.312, 2.735),  # Verberie
        (49.303, 2.605),  # Pont-Sainte-Maxence
        (49.260, 2.475),  # Creil
        (49.167, 2.360),  # Boran
        (49.145, 2.285),  # Persan
        (49.110, 2.225),  # L'Isle-Adam
        (49.070, 2.170),  # Auvers
        (49.045, 2.100),  # Pontoise
        (49.025, 2.055),  # Cergy
        (49.005, 2.080),  # Neuville
        (48.984, 2.070),  # confluence with the Seine
    ],
    "Rhine": [
        (47.560, 7.590),  # Basel
        (47.800, 7.540),  # Chalampe
        (48.030, 7.575),  # Breisach
        (48.285, 7.690),  # Rhinau
        (48.575, 7.803),  # Strasbourg
        (48.800, 8.010),  # Drusenheim
        (48.970, 8.235),  # Lauterbourg
        (49.320, 8.445),  # Speyer
    ],
}
